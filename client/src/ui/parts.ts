/** What of `ui/` comes in scripts of its own. */
import { createPart } from './part.tsx';

export const ClosedTablo = createPart(async () => (await import('./closed-tablo.tsx')).ClosedTablo);
export const ConfirmDialog = createPart(async () => (await import('./confirm-dialog.tsx')).ConfirmDialog);
export const GoToDialog = createPart(async () => (await import('./go-to-dialog.tsx')).GoToDialog);
export const InviteDialog = createPart(async () => (await import('./invite-dialog.tsx')).InviteDialog);
export const MessageMenu = createPart(async () => (await import('./message-menu.tsx')).MessageMenu);
export const MessageSearch = createPart(async () => (await import('./message-search.tsx')).MessageSearch);
export const NewTabloDialog = createPart(async () => (await import('./new-tablo-dialog.tsx')).NewTabloDialog);
export const ShortcutsDialog = createPart(async () => (await import('./shortcuts-dialog.tsx')).ShortcutsDialog);
export const TabloSettings = createPart(async () => (await import('./tablo-settings.tsx')).TabloSettings);
export const UnknownPlace = createPart(async () => (await import('./unknown-place.tsx')).UnknownPlace);
