/** What of `app/` comes in scripts of its own. */
import { createPart } from '../ui/part.tsx';

export const AuthScreen = createPart(async () => (await import('./auth-screen.tsx')).AuthScreen);
export const InviteScreen = createPart(async () => (await import('./invite-screen.tsx')).InviteScreen);
export const SignInAgainDialog = createPart(async () => (await import('./sign-in-again-dialog.tsx')).SignInAgainDialog);
export const SignOutDialog = createPart(async () => (await import('./sign-out-dialog.tsx')).SignOutDialog);
