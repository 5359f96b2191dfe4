// A host application with our package in it: its page in a browser, and the tokens of the people whom it has signed in.
import { tokenOf } from '@tablo/sync-server/testing/tokens';
import type { BrowserContext, Page } from 'playwright-core';
import { Person } from '../../support/person.ts';
import type { Stage } from '../../support/stage.ts';

export interface HostUser {
  readonly id: string;
  readonly name: string;
}
export const newUser = (name: string): HostUser => ({ id: crypto.randomUUID(), name });

/** `from`: seconds from now at which it begins to hold. */
export function hostTokenOf({ id, name }: HostUser, { from = 0, life = 3_600 } = {}): string {
  const begin = Math.floor(Date.now() / 1000) + from;
  return tokenOf(id, { name, email: `${name.toLowerCase()}@example.org`, iat: begin, nbf: begin, exp: begin + life });
}

export async function createTablo(
  stage: Stage,
  owner: HostUser,
  name: string,
  members: readonly HostUser[],
): Promise<string> {
  const headers = { authorization: `Bearer ${hostTokenOf(owner)}`, 'content-type': 'application/json' };
  const post = async (path: string, body: object) => {
    const answer = await fetch(`${stage.server.url}${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
    if (!answer.ok) throw new Error(`${path} answered ${answer.status}: ${await answer.text()}`);
    return (await answer.json()) as { readonly channel: { readonly id: string } };
  };
  const { channel } = await post('/chat/channels', { name });
  for (const { id } of members) await post(`/chat/channels/${channel.id}/members`, { user_id: id, role: 'member' });
  return channel.id;
}

/** Somebody in front of the host's page: they know our part of it by the same roles and names as our own page. */
export class HostPerson extends Person {
  /** WebSockets that the page has opened, so far. */
  sockets = 0;

  static async open(
    stage: Stage,
    hostUrl: string,
    says: string,
    query: Readonly<Record<string, string>>,
    context?: BrowserContext,
  ): Promise<HostPerson> {
    const at = context ?? (await stage.newContext());
    const page: Page = await at.newPage();
    page.setDefaultTimeout(20_000);
    const person = new HostPerson({ name: '', email: '' }, at, page, hostUrl);
    page.on('websocket', () => {
      person.sockets += 1;
    });
    await page.addInitScript((token) => {
      if (localStorage.getItem('host.token') === null) localStorage.setItem('host.token', token);
    }, says);
    await page.goto(`${hostUrl}/?${new URLSearchParams({ server: stage.server.url, ...query })}`);
    return person;
  }

  /** The host signs somebody else in, or out: a token, `null`, `reject` or `never`. */
  async hostSays(token: string): Promise<void> {
    await this.page.evaluate((said) => window.host.signIn(said), token);
  }

  output(name: string): Promise<string | null> {
    return this.page.getByRole('status', { name, exact: true }).textContent();
  }

  connection(): Promise<string | null> {
    return this.output('Connection');
  }

  /** What the whole page says, ours and the host's. */
  async words(): Promise<string> {
    return (await this.page.locator('#root').textContent()) ?? '';
  }
}

declare global {
  interface Window {
    host: { asked: number; errors: string[]; changes: number; signIn(token: string): void; render(): void };
  }
}
