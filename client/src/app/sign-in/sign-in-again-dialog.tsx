import { Dialog } from '../../ui/dialog/dialog.tsx';
import type { Credentials } from '../identity.ts';
import { AuthForm } from './auth-form.tsx';

interface SignInAgainDialogProps {
  /** A host application signs people in, and no form of ours can. */
  readonly isHosted: boolean;
  readonly email: string;
  /** Rejects with the reason why it did not work. */
  readonly onSignIn: (credentials: Credentials) => Promise<void>;
  readonly onClose: () => void;
}

export function SignInAgainDialog({ isHosted, email, onSignIn, onClose }: SignInAgainDialogProps) {
  return (
    <Dialog title="Sign in again" onClose={onClose}>
      {isHosted ? (
        <p>
          People sign in through the application that this chat belongs to. Sign in there: this page goes on by itself,
          and everything here is kept.
        </p>
      ) : (
        <AuthForm
          kind="sign-in"
          email={email}
          onSubmit={async (_, credentials) => {
            await onSignIn(credentials);
            onClose();
          }}
        />
      )}
    </Dialog>
  );
}
