import type { EntryId, TabloId } from '@tablo/schema/ids';
import { useMemo, useState } from 'react';
import type { Chat, UnsyncedCounts } from '../chat/chat.ts';
import type { User } from '../chat/session/token-user.ts';
import { OpenChatProvider } from '../hooks/chat-context.tsx';
import { useReadable } from '../hooks/use-readable.ts';
import { ToastProvider } from '../ui/kit/toasts.tsx';
import { HostedContext } from '../ui/page/hosted.ts';
import { NavigationContext, ownHref } from '../ui/page/navigation.tsx';
import { useParts } from '../ui/page/part.tsx';
import { PlacesProvider } from '../ui/people/places.tsx';
import { Shell } from '../ui/shell/shell.tsx';
import { InviteScreen, SignInAgainDialog, SignOutDialog } from './parts.ts';
import { navigate, navigateToList, useRoute } from './router.ts';
import type { Session } from './session.ts';
import { UpdateBanner } from './update-banner.tsx';

interface SignedInProps {
  readonly session: Session;
  readonly user: User;
  readonly chat: Chat;
}

type Asking = { readonly type: 'sign-out'; readonly unsynced: UnsyncedCounts } | { readonly type: 'sign-in-again' };

const openTablo = (id: TabloId, message: EntryId | null = null) => navigate({ type: 'tablo', id, message });

export function SignedIn({ session, user, chat }: SignedInProps) {
  const route = useRoute();
  const [asking, setAsking] = useState<Asking | null>(null);
  useParts(useReadable(chat.channels).status === 'ready');
  const tabloId = route.type === 'tablo' ? route.id : null;
  const messageId = route.type === 'tablo' ? route.message : null;

  const navigation = useMemo(
    () => ({
      tabloId,
      messageId,
      isUnknown: route.type === 'unknown',
      hrefOf: ownHref,
      openTablo,
      openList: navigateToList,
      forgetMessage: () => tabloId !== null && navigate({ type: 'tablo', id: tabloId, message: null }, 'replace'),
    }),
    [tabloId, messageId, route.type],
  );

  const signOut = async () => {
    await session.signOut();
    navigate({ type: 'list' }, 'replace');
  };

  const handleSignOut = async () => {
    const unsynced = await chat.countUnsynced();
    if (unsynced.entries + unsynced.drafts > 0) setAsking({ type: 'sign-out', unsynced });
    else await signOut();
  };

  const { isHosted } = session;
  const handleSignInAgain = async () => {
    if (!(await session.askHost({ fresh: true }))) setAsking({ type: 'sign-in-again' });
  };

  if (route.type === 'invite') return <InviteScreen chat={chat} code={route.code} />;

  return (
    <OpenChatProvider chat={chat}>
      <NavigationContext value={navigation}>
        <ToastProvider>
          <UpdateBanner />
          <PlacesProvider>
            <HostedContext value={isHosted}>
              <Shell onSignOut={() => void handleSignOut()} onSignInAgain={() => void handleSignInAgain()} />
            </HostedContext>
          </PlacesProvider>
          {asking?.type === 'sign-out' && (
            <SignOutDialog unsynced={asking.unsynced} onConfirm={signOut} onClose={() => setAsking(null)} />
          )}
          {asking?.type === 'sign-in-again' && (
            <SignInAgainDialog
              isHosted={isHosted}
              email={user.email ?? ''}
              onSignIn={(credentials) => session.signIn('sign-in', credentials)}
              onClose={() => setAsking(null)}
            />
          )}
        </ToastProvider>
      </NavigationContext>
    </OpenChatProvider>
  );
}
