import { CheckCheck, CloudOff, Lock, MailOpen } from 'lucide-react';
import { useEffect, useState } from 'react';
import { Logo } from '../../ui/kit/logo.tsx';
import { useParts } from '../../ui/page/part.tsx';
import type { IdentityKind } from '../device-memory.ts';
import type { Credentials } from '../identity.ts';
import { AuthForm } from './auth-form.tsx';
import type { AuthKind } from './credential-problems.ts';

interface AuthScreenProps {
  readonly identity: IdentityKind;
  readonly isInvited: boolean;
  readonly wasSignedIn: boolean;
  readonly onSubmit: (kind: AuthKind, credentials: Credentials) => Promise<void>;
}

export function AuthScreen({ identity, isInvited, wasSignedIn, onSubmit }: AuthScreenProps) {
  const [kind, setKind] = useState<AuthKind>(wasSignedIn ? 'sign-in' : 'sign-up');

  useParts(true);

  useEffect(() => {
    document.title = 'Tablo Chat';
  }, []);

  return (
    <main className="auth">
      <div className="auth-card">
        <header className="auth-header">
          <Logo size={44} />
          <h1>{kind === 'sign-up' ? 'Join Tablo Chat' : 'Welcome back'}</h1>
          {isInvited && (
            <p className="auth-invited">
              <MailOpen size={16} aria-hidden />
              <span>
                You were invited to a tablo on the server <bdi>{location.host}</bdi>.{' '}
                {kind === 'sign-up' ? 'Make an account' : 'Sign in'} to see who invites you: you join only if you
                accept.
              </span>
            </p>
          )}
        </header>
        {identity === 'external' ? (
          <p className="auth-external">
            People sign in through the application that this chat belongs to. Open it from there. Whoever embeds this
            page sets <code>window.tabloChatToken</code> to a function that returns the person’s token.
          </p>
        ) : (
          <AuthForm key="form" kind={kind} onKindChange={setKind} onSubmit={onSubmit} />
        )}
      </div>
      <ul className="auth-facts">
        <li>
          <CloudOff size={16} aria-hidden /> Reads and writes without a network
        </li>
        <li>
          <CheckCheck size={16} aria-hidden /> Every message says truthfully whether it arrived
        </li>
        <li>
          <Lock size={16} aria-hidden /> Runs on your own server
        </li>
      </ul>
    </main>
  );
}
