/**
 * Refusals of the identity library, in our sentences. The library's own ("[body.email] Invalid email address") are for programmers, change with its releases, and
 * quote what was sent.
 */
import {
  type AccountField,
  type AccountProblemCode,
  accountProblem,
  isAccountProblemCode,
} from '@tablo/schema/account-problems';

/** Codes of the library that mean the same to people as one of ours. */
const SAME: Readonly<Record<string, AccountProblemCode>> = {
  USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL: 'USER_ALREADY_EXISTS',
  MISSING_OR_NULL_ORIGIN: 'INVALID_ORIGIN',
  CROSS_SITE_NAVIGATION_LOGIN_BLOCKED: 'INVALID_ORIGIN',
};
const INVALID: Readonly<Record<AccountField, AccountProblemCode>> = {
  name: 'INVALID_NAME',
  email: 'INVALID_EMAIL',
  password: 'INVALID_PASSWORD',
};

/** Successful answers pass unchanged; refusals keep their status and headers. */
export async function inPlainWords(answer: Response): Promise<Response> {
  if (answer.status < 400 || answer.status === 404) return answer;
  const text = await answer.text();
  if (text === '') return new Response(null, answer);
  return Response.json(plainBody(text, answer.status), {
    status: answer.status,
    headers: withoutBodyHeaders(answer.headers),
  });
}

function plainBody(text: string, status: number): { readonly code: AccountProblemCode; readonly message: string } {
  const { code: given, message: words } = parse(text);
  // `checkName` says what is wrong with a name, and its sentence is ours.
  if (given === 'INVALID_NAME' && typeof words === 'string') return { code: given, message: words };
  const code = codeOf(given, words) ?? (status >= 500 ? 'NOT_POSSIBLE' : 'NOT_UNDERSTOOD');
  return { code, message: accountProblem(code).sentence };
}

function codeOf(given: unknown, words: unknown): AccountProblemCode | null {
  if (isAccountProblemCode(given)) return given;
  if (typeof given !== 'string') return null;
  if (given === 'VALIDATION_ERROR') {
    const field = /^\[body\.(name|email|password)\]/.exec(String(words))?.[1];
    return field === undefined ? null : INVALID[field as AccountField];
  }
  return SAME[given] ?? null;
}

function parse(text: string): { readonly code?: unknown; readonly message?: unknown } {
  try {
    return (JSON.parse(text) ?? {}) as { code?: unknown; message?: unknown };
  } catch {
    return {}; // The body is not JSON: nothing of it is passed on.
  }
}

function withoutBodyHeaders(headers: Headers): Headers {
  const copy = new Headers(headers);
  for (const name of ['content-type', 'content-length']) copy.delete(name);
  return copy;
}
