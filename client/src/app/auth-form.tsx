import { MAX_PERSON_NAME_CODE_POINTS, parseName } from '@tablo/schema/name';
import { type FormEvent, useId, useState } from 'react';
import { Problem } from '../ui/problem.tsx';
import { sentenceOf } from '../ui/sentence-of.ts';
import type { Credentials } from './identity.ts';

export type AuthKind = 'sign-up' | 'sign-in';

interface AuthFormProps {
  readonly kind: AuthKind;
  /** Absent: there is only one way, as when a session has ended. */
  readonly onKindChange?: (kind: AuthKind) => void;
  readonly onSubmit: (kind: AuthKind, credentials: Credentials) => Promise<void>;
  readonly email?: string;
}

const MIN_PASSWORD = 8;

function problemOf(kind: AuthKind, { name, email, password }: Credentials): string | null {
  if (kind === 'sign-up' && name === '') return 'Tell the others your name.';
  if (kind === 'sign-up') {
    const parsed = parseName(name, { max: MAX_PERSON_NAME_CODE_POINTS });
    if (!parsed.ok) return `Your name ${parsed.error}.`;
  }
  if (!/^\S+@\S+$/u.test(email)) return 'Enter your email address.';
  if (password === '') return 'Enter your password.';
  if (kind === 'sign-up' && password.length < MIN_PASSWORD) return 'The password needs at least 8 characters.';
  return null;
}

export function AuthForm({ kind, onKindChange, onSubmit, email: known = '' }: AuthFormProps) {
  const [name, setName] = useState('');
  const [email, setEmail] = useState(known);
  const [password, setPassword] = useState('');
  const [problem, setProblem] = useState<string | null>(null);
  const [isBusy, setIsBusy] = useState(false);
  const id = useId();
  const isSignUp = kind === 'sign-up';

  const submit = async (as: AuthKind) => {
    if (isBusy) return;
    const credentials = { name: name.trim(), email: email.trim(), password };
    const wrong = problemOf(as, credentials);
    setProblem(wrong);
    if (wrong !== null) return;
    setIsBusy(true);
    try {
      await onSubmit(as, credentials);
    } catch (error) {
      setProblem(sentenceOf(error));
    }
    setIsBusy(false);
  };

  const handleSubmit = (event: FormEvent) => {
    event.preventDefault();
    void submit(kind);
  };

  /** Who has an account and filled in email and password on the wrong form wants in, not a second form. */
  const handleOther = () => {
    const other = isSignUp ? 'sign-in' : 'sign-up';
    if (isSignUp && name.trim() === '' && email.trim() !== '' && password !== '') void submit('sign-in');
    else {
      setProblem(null);
      onKindChange?.(other);
    }
  };

  return (
    <form className="form" noValidate aria-busy={isBusy} onSubmit={handleSubmit}>
      {isSignUp && (
        <div className="field">
          <label className="field-label" htmlFor={`${id}-name`}>
            Name
          </label>
          <input
            id={`${id}-name`}
            className="input"
            autoComplete="name"
            value={name}
            onChange={(event) => setName(event.target.value)}
          />
        </div>
      )}
      <div className="field">
        <label className="field-label" htmlFor={`${id}-email`}>
          Email
        </label>
        <input
          id={`${id}-email`}
          className="input"
          type="email"
          inputMode="email"
          autoComplete={isSignUp ? 'email' : 'username'}
          value={email}
          readOnly={known !== ''}
          onChange={(event) => setEmail(event.target.value)}
        />
      </div>
      <div className="field">
        <label className="field-label" htmlFor={`${id}-password`}>
          Password
        </label>
        <input
          id={`${id}-password`}
          className="input"
          type="password"
          autoComplete={isSignUp ? 'new-password' : 'current-password'}
          aria-describedby={isSignUp ? `${id}-hint` : undefined}
          value={password}
          onChange={(event) => setPassword(event.target.value)}
        />
        {isSignUp && (
          <p className="hint" id={`${id}-hint`}>
            At least {MIN_PASSWORD} characters.
          </p>
        )}
      </div>
      <Problem text={problem} />
      <button type="submit" className="button button-primary button-wide" disabled={isBusy}>
        {isSignUp ? 'Create account' : 'Sign in'}
      </button>
      {onKindChange !== undefined && (
        <p className="auth-other">
          {isSignUp ? 'Been here before?' : 'New here?'}{' '}
          <button type="button" className="link-button" onClick={handleOther}>
            {isSignUp ? 'Sign in' : 'Create account'}
          </button>
        </p>
      )}
    </form>
  );
}
