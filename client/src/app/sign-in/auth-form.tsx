import { type AccountField, PASSWORD_MIN_UNITS } from '@tablo/schema/account-problems';
import { type FormEvent, useState } from 'react';
import { Problem } from '../../ui/kit/problem.tsx';
import { TextField } from '../../ui/kit/text-field.tsx';
import { useFormProblems } from '../../ui/page/hooks/use-form-problems.ts';
import { sentenceOf } from '../../ui/text/sentence-of.ts';
import type { Credentials } from '../identity.ts';
import { type AuthKind, fieldProblemOf, problemsOf } from './credential-problems.ts';
import { PasswordField } from './password-field.tsx';

interface AuthFormProps {
  readonly kind: AuthKind;
  /** Absent: there is only one way, as when a session has ended. */
  readonly onKindChange?: (kind: AuthKind) => void;
  readonly onSubmit: (kind: AuthKind, credentials: Credentials) => Promise<void>;
  readonly email?: string;
}

export function AuthForm({ kind, onKindChange, onSubmit, email: known = '' }: AuthFormProps) {
  const [name, setName] = useState('');
  const [email, setEmail] = useState(known);
  const [password, setPassword] = useState('');
  /** What is wrong with no single field. */
  const [problem, setProblem] = useState<string | null>(null);
  const [isBusy, setIsBusy] = useState(false);
  const { problems, formRef, show, clear } = useFormProblems<AccountField>();
  const isSignUp = kind === 'sign-up';

  const submit = async (as: AuthKind) => {
    if (isBusy) return;
    setProblem(null);
    const credentials = { name: name.trim(), email: email.trim(), password };
    if (!show(problemsOf(as, credentials))) return;
    setIsBusy(true);
    try {
      await onSubmit(as, credentials);
    } catch (error) {
      const wrong = fieldProblemOf(error);
      if (wrong === null) setProblem(sentenceOf(error));
      else show(wrong);
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
      show({});
      onKindChange?.(other);
    }
  };

  return (
    <form ref={formRef} className="form" noValidate aria-busy={isBusy} onSubmit={handleSubmit}>
      {isSignUp && (
        <TextField
          label="Name"
          autoComplete="name"
          aria-required
          value={name}
          problem={problems.name ?? null}
          onChange={(event) => {
            setName(event.target.value);
            clear('name');
          }}
        />
      )}
      <TextField
        label="Email"
        type="email"
        inputMode="email"
        autoComplete={isSignUp ? 'email' : 'username'}
        aria-required
        value={email}
        readOnly={known !== ''}
        problem={problems.email ?? null}
        onChange={(event) => {
          setEmail(event.target.value);
          clear('email');
        }}
      />
      <PasswordField
        isNew={isSignUp}
        value={password}
        problem={problems.password ?? null}
        {...(isSignUp ? { hint: `At least ${PASSWORD_MIN_UNITS} characters.` } : {})}
        onChange={(typed) => {
          setPassword(typed);
          clear('password');
        }}
      />
      <Problem text={problem} />
      {/* Not disabled while it works: a disabled button loses the focus. */}
      <button type="submit" className="button button-primary button-wide" aria-disabled={isBusy}>
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
