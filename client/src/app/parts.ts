/** What of `app/` comes in scripts of its own. */
import { createPart } from '../ui/page/part.tsx';

export const AuthScreen = createPart(
  () => import('./sign-in/auth-screen.tsx'),
  ({ AuthScreen }) => AuthScreen,
);
export const FileNotice = createPart(
  () => import('../ui/kit/file-notice.tsx'),
  ({ FileNotice }) => FileNotice,
);
export const InviteScreen = createPart(
  () => import('./invite-screen.tsx'),
  ({ InviteScreen }) => InviteScreen,
);
export const SignInAgainDialog = createPart(
  () => import('./sign-in/sign-in-again-dialog.tsx'),
  ({ SignInAgainDialog }) => SignInAgainDialog,
);
export const SignOutDialog = createPart(
  () => import('./sign-in/sign-out-dialog.tsx'),
  ({ SignOutDialog }) => SignOutDialog,
);
