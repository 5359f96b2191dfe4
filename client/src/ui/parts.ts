/** What of `ui/` comes in scripts of its own. */
import { createPart } from './part.tsx';

export const ClosedTablo = createPart(
  () => import('./closed-tablo.tsx'),
  ({ ClosedTablo }) => ClosedTablo,
);
export const ConfirmDialog = createPart(
  () => import('./confirm-dialog.tsx'),
  ({ ConfirmDialog }) => ConfirmDialog,
);
export const InviteDialog = createPart(
  () => import('./invite-dialog.tsx'),
  ({ InviteDialog }) => InviteDialog,
);
export const MessageMenu = createPart(
  () => import('./message-menu.tsx'),
  ({ MessageMenu }) => MessageMenu,
);
export const MessageSearch = createPart(
  () => import('./message-search.tsx'),
  ({ MessageSearch }) => MessageSearch,
);
export const NewTabloDialog = createPart(
  () => import('./new-tablo-dialog.tsx'),
  ({ NewTabloDialog }) => NewTabloDialog,
);
export const ShortcutsDialog = createPart(
  () => import('./shortcuts-dialog.tsx'),
  ({ ShortcutsDialog }) => ShortcutsDialog,
);
export const TabloSettings = createPart(
  () => import('./tablo-settings.tsx'),
  ({ TabloSettings }) => TabloSettings,
);
export const UnknownPlace = createPart(
  () => import('./unknown-place.tsx'),
  ({ UnknownPlace }) => UnknownPlace,
);
