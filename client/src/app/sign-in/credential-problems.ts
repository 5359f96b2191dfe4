/** What the page can say about a sign-up or a sign-in before the server is asked, and to which field an answer of the server belongs. */
import {
  ACCOUNT_PROBLEMS,
  type AccountField,
  accountProblem,
  isAccountProblemCode,
  PASSWORD_MAX_UNITS,
  PASSWORD_MIN_UNITS,
} from '@tablo/schema/account-problems';
import { MAX_PERSON_NAME_CODE_POINTS, parseName } from '@tablo/schema/names/name';
import { ChatError } from '../../chat/chat.ts';
import type { FormProblems } from '../../ui/page/hooks/use-form-problems.ts';
import type { Credentials } from '../identity.ts';

export type AuthKind = 'sign-up' | 'sign-in';
type CredentialProblems = FormProblems<AccountField>;

/** Wider than the server's own check: whatever it takes passes here. */
const EMAIL = /^[^\s@]+@[^\s@]+\.[^\s@]{2,}$/u;

/** One sentence for each wrong field. */
export function problemsOf(kind: AuthKind, { name, email, password }: Credentials): CredentialProblems {
  const found = {
    name: kind === 'sign-up' ? nameProblem(name) : null,
    email: emailProblem(email),
    password: passwordProblem(kind, password),
  };
  return Object.fromEntries(Object.entries(found).filter(([, sentence]) => sentence !== null)) as CredentialProblems;
}

/** Of an answer that is about one field. `null`: it is about none. */
export function fieldProblemOf(error: unknown): CredentialProblems | null {
  if (!(error instanceof ChatError) || !isAccountProblemCode(error.code)) return null;
  const { field } = accountProblem(error.code);
  return field === null ? null : { [field]: error.message };
}

function nameProblem(name: string): string | null {
  if (name === '') return 'Tell the others your name.';
  const parsed = parseName(name, { max: MAX_PERSON_NAME_CODE_POINTS });
  return parsed.ok ? null : `Your name ${parsed.error}.`;
}

function emailProblem(email: string): string | null {
  if (email === '') return 'Enter your email address.';
  return EMAIL.test(email) ? null : ACCOUNT_PROBLEMS.INVALID_EMAIL.sentence;
}

function passwordProblem(kind: AuthKind, password: string): string | null {
  if (password === '') return kind === 'sign-up' ? 'Choose a password.' : ACCOUNT_PROBLEMS.INVALID_PASSWORD.sentence;
  if (kind === 'sign-in') return null;
  if (password.length < PASSWORD_MIN_UNITS) return ACCOUNT_PROBLEMS.PASSWORD_TOO_SHORT.sentence;
  return password.length > PASSWORD_MAX_UNITS ? ACCOUNT_PROBLEMS.PASSWORD_TOO_LONG.sentence : null;
}
