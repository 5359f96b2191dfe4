/**
 * What can be wrong with a sign-up or a sign-in: the code, the field that it is about, and the sentence for people. The server answers with these alone, so
 * the words of the library behind it are never shown; the page ties the sentence to the field.
 */

export const PASSWORD_MIN_UNITS = 8;
/** A hash costs by length: longer ones are refused. */
export const PASSWORD_MAX_UNITS = 128;

export const ACCOUNT_FIELDS = ['name', 'email', 'password'] as const;
export type AccountField = (typeof ACCOUNT_FIELDS)[number];

export interface AccountProblem {
  /** `null`: the problem is about no single field. */
  readonly field: AccountField | null;
  readonly sentence: string;
}

export const ACCOUNT_PROBLEMS = {
  INVALID_NAME: { field: 'name', sentence: 'This name cannot be used. Choose another one.' },
  INVALID_EMAIL: {
    field: 'email',
    sentence: 'This does not look like an email address, such as name@example.org.',
  },
  USER_ALREADY_EXISTS: {
    field: 'email',
    sentence: 'There is an account with this email already. Sign in instead.',
  },
  INVALID_PASSWORD: { field: 'password', sentence: 'Enter your password.' },
  PASSWORD_TOO_SHORT: {
    field: 'password',
    sentence: `The password needs at least ${PASSWORD_MIN_UNITS} characters.`,
  },
  PASSWORD_TOO_LONG: {
    field: 'password',
    sentence: `The password can have ${PASSWORD_MAX_UNITS} characters at most.`,
  },
  INVALID_EMAIL_OR_PASSWORD: {
    field: 'password',
    sentence: 'This email and password do not belong together.',
  },
  INVALID_ORIGIN: {
    field: null,
    sentence:
      'This server does not know the address in your browser. Its operator can add the address with PUBLIC_URL or ALLOWED_ORIGINS.',
  },
  NOT_UNDERSTOOD: { field: null, sentence: 'The server did not understand this. Reload the page and try again.' },
  NOT_POSSIBLE: { field: null, sentence: 'The server could not do this. Try again in a moment.' },
} as const satisfies Record<string, AccountProblem>;
export type AccountProblemCode = keyof typeof ACCOUNT_PROBLEMS;

export const isAccountProblemCode = (code: unknown): code is AccountProblemCode =>
  typeof code === 'string' && Object.hasOwn(ACCOUNT_PROBLEMS, code);

export const accountProblem = (code: AccountProblemCode): AccountProblem => ACCOUNT_PROBLEMS[code];
