import { useReadable } from '../hooks/use-readable.ts';
import { Logo } from '../ui/kit/logo.tsx';
import { AuthScreen } from './parts.ts';
import { useRoute } from './router.ts';
import type { Session } from './session.ts';
import { SignedIn } from './signed-in.tsx';

export function App({ session }: { readonly session: Session }) {
  const state = useReadable(session.state);
  const route = useRoute();
  switch (state.status) {
    case 'starting':
      // Between two people: before the first one the outline of `index.html` stands.
      return (
        <main className="start" aria-busy="true">
          <p className="hidden-visually">Loading Tablo Chat</p>
          <div className="start-logo">
            <Logo size={56} />
          </div>
        </main>
      );
    case 'signed-out':
      return (
        <AuthScreen
          identity={state.identity}
          isInvited={route.type === 'invite'}
          wasSignedIn={state.wasSignedIn}
          onSubmit={(kind, credentials) => session.signIn(kind, credentials)}
        />
      );
    case 'signed-in':
      return <SignedIn key={state.user.id} session={session} user={state.user} chat={state.chat} />;
  }
}
