/** The parts of `ui/` that are separate scripts. */
import { createPart } from './page/part.tsx';

export const AccountMenu = createPart(
  () => import('./list/account-menu.tsx'),
  ({ AccountMenu }) => AccountMenu,
);
export const ClosedTablo = createPart(
  () => import('./conversation/closed-tablo.tsx'),
  ({ ClosedTablo }) => ClosedTablo,
);
export const ConfirmDialog = createPart(
  () => import('./dialog/confirm-dialog.tsx'),
  ({ ConfirmDialog }) => ConfirmDialog,
);
export const FirstInvite = createPart(
  () => import('./settings/first-invite.tsx'),
  ({ FirstInvite }) => FirstInvite,
);
export const InvitationList = createPart(
  () => import('./list/invitation-list.tsx'),
  ({ InvitationList }) => InvitationList,
);
export const InviteDialog = createPart(
  () => import('./settings/invite-dialog.tsx'),
  ({ InviteDialog }) => InviteDialog,
);
export const MessageMenu = createPart(
  () => import('./message/message-menu.tsx'),
  ({ MessageMenu }) => MessageMenu,
);
export const MessageSearch = createPart(
  () => import('./search/message-search.tsx'),
  ({ MessageSearch }) => MessageSearch,
);
export const NewTabloDialog = createPart(
  () => import('./list/new-tablo-dialog.tsx'),
  ({ NewTabloDialog }) => NewTabloDialog,
);
export const RefusedNote = createPart(
  () => import('./message/refused-note.tsx'),
  ({ RefusedNote }) => RefusedNote,
);
export const ShortcutsDialog = createPart(
  () => import('./shell/shortcuts-dialog.tsx'),
  ({ ShortcutsDialog }) => ShortcutsDialog,
);
export const TabloSettings = createPart(
  () => import('./settings/tablo-settings.tsx'),
  ({ TabloSettings }) => TabloSettings,
);
export const UnknownPlace = createPart(
  () => import('./shell/unknown-place.tsx'),
  ({ UnknownPlace }) => UnknownPlace,
);
