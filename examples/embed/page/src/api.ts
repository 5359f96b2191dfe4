/** The host's own back end. */

export interface Person {
  readonly id: string;
  readonly name: string;
}
export interface Board {
  readonly id: string;
  readonly name: string;
  readonly color: string | null;
}
export interface Session {
  readonly me: Person | null;
  readonly people: readonly Person[];
  readonly chatUrl: string;
}

async function call<T>(path: string, body?: unknown): Promise<T> {
  const answer = await fetch(path, body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) });
  if (!answer.ok) throw new Error(`${path} was answered with ${answer.status}.`);
  return (await answer.json()) as T;
}

export const readSession = () => call<Session>('/api/session');
export const signIn = (id: string | null) => call('/api/session', { id });
export const readBoards = async () => (await call<{ boards: Board[] }>('/api/boards')).boards;
export const createBoard = (name: string) => call<{ id: string }>('/api/boards', { name });

/** For the chat: whoever is signed in here is who they are there. Null: nobody. No network: it rejects, and the chat goes on with who was there last. */
export async function getChatToken(): Promise<string | null> {
  const answer = await fetch('/api/token');
  if (answer.status === 401) return null;
  if (!answer.ok) throw new Error(`The token was answered with ${answer.status}.`);
  return ((await answer.json()) as { token: string }).token;
}
