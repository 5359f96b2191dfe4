/**
 * Tells a user's devices in a tablo what changed on one of them: the draft, the read position. A notification only says where to look; the row is read here, since
 * anybody may notify. Many changes in a row cost one reading at a time: whatever comes meanwhile is sent after the next one.
 */
import type { TabloId, UserId } from '@tablo/schema/ids';
import type { ServerStateless } from '@tablo/schema/wire/stateless';
import { type Connections, tell } from './connections.ts';
import { Paced } from './paced.ts';

/** Between two readings of one member's row: quicker than people switch devices, and a flood of notifications costs ten readings a second for each who is online. */
const EVERY_MS = 100;

export interface MemberNewsOptions {
  readonly connections: Connections;
  /** What to tell, or `null` for nothing. */
  readonly read: (tablo: TabloId, user: UserId) => Promise<ServerStateless | null>;
  readonly onFailure: (error: unknown) => void;
}

export class MemberNews {
  readonly #connections: Connections;
  readonly #read: MemberNewsOptions['read'];
  readonly #paced: Paced;

  constructor({ connections, read, onFailure }: MemberNewsOptions) {
    this.#connections = connections;
    this.#read = read;
    this.#paced = new Paced({ everyMs: EVERY_MS, work: (key) => this.#tell(key), onFailure });
  }

  tell(tablo: TabloId, user: UserId): void {
    const key = `${tablo} ${user}`;
    if (this.#paced.askAgain(key)) return;
    // For users who are not connected nothing is read and nothing is kept.
    if (this.#connections.ofMember(tablo, user).length > 0) this.#paced.ask(key);
  }

  close(): void {
    this.#paced.close();
  }

  async #tell(key: string): Promise<void> {
    const [tablo, user] = key.split(' ') as [TabloId, UserId];
    if (this.#connections.ofMember(tablo, user).length === 0) return;
    const message = await this.#read(tablo, user);
    // [R6] Looked up again: a user who was cut meanwhile receives nothing.
    if (message !== null) tell(this.#connections.ofMember(tablo, user), message);
  }
}
