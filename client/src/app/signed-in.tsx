import type { TabloId } from '@tablo/schema/ids';
import { useMemo, useState } from 'react';
import type { Chat, Losses } from '../chat/chat.ts';
import { ChatProvider } from '../hooks/chat-provider.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { NavigationContext } from '../ui/navigation.tsx';
import { Shell } from '../ui/shell.tsx';
import { ToastProvider } from '../ui/toasts.tsx';
import { AuthForm } from './auth-form.tsx';
import type { User } from './device-memory.ts';
import { InviteScreen } from './invite-screen.tsx';
import { navigate, useRoute } from './router.ts';
import type { Session } from './session.ts';
import { SignOutDialog } from './sign-out-dialog.tsx';
import { UpdateBanner } from './update-banner.tsx';

interface SignedInProps {
  readonly session: Session;
  readonly user: User;
  readonly chat: Chat;
}

type Asking = { readonly type: 'sign-out'; readonly losses: Losses } | { readonly type: 'sign-in-again' };

export function SignedIn({ session, user, chat }: SignedInProps) {
  const route = useRoute();
  const [asking, setAsking] = useState<Asking | null>(null);
  const tabloId = route.type === 'tablo' ? route.id : null;

  const navigation = useMemo(
    () => ({
      tabloId,
      openTablo: (id: TabloId) => navigate({ type: 'tablo', id }),
      openList: () => navigate({ type: 'list' }),
    }),
    [tabloId],
  );

  const signOut = async () => {
    await session.signOut();
    navigate({ type: 'list' }, 'replace');
  };

  const handleSignOut = async () => {
    const losses = await chat.countLosses();
    if (losses.entries + losses.drafts > 0) setAsking({ type: 'sign-out', losses });
    else await signOut();
  };

  if (route.type === 'invite') return <InviteScreen chat={chat} code={route.code} />;

  return (
    <ChatProvider chat={chat}>
      <NavigationContext value={navigation}>
        <ToastProvider>
          <UpdateBanner />
          <Shell onSignOut={() => void handleSignOut()} onSignInAgain={() => setAsking({ type: 'sign-in-again' })} />
          {asking?.type === 'sign-out' && (
            <SignOutDialog losses={asking.losses} onConfirm={signOut} onClose={() => setAsking(null)} />
          )}
          {asking?.type === 'sign-in-again' && (
            <Dialog title="Sign in again" onClose={() => setAsking(null)}>
              <AuthForm
                kind="sign-in"
                email={user.email ?? ''}
                onSubmit={async (kind, credentials) => {
                  await session.signIn(kind, credentials);
                  setAsking(null);
                }}
              />
            </Dialog>
          )}
        </ToastProvider>
      </NavigationContext>
    </ChatProvider>
  );
}
