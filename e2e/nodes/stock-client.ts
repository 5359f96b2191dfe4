/** An unmodified provider with a user, and what the tests of several servers ask of it. */
import type { TabloId, UserId } from '@tablo/schema/ids';
import { TestClient } from '@tablo/sync-server/testing/test-client';
import { tokenOf } from '@tablo/sync-server/testing/tokens';
import type * as Y from 'yjs';

export class StockClient extends TestClient {
  readonly user: UserId;

  /** `url`: `http://127.0.0.1:<port>` */
  constructor(url: string, tablo: TabloId, user: UserId, { epoch = 1, doc }: { epoch?: number; doc?: Y.Doc } = {}) {
    super(url.replace('http', 'ws'), `${tablo}/${epoch}`, tokenOf(user, { name: `User ${user.slice(0, 4)}` }), doc);
    this.user = user;
  }

  /** Seqs of messages, in the order in which they were said to be durable. */
  get seqs(): readonly number[] {
    return this.heard.flatMap((one) => (one.type === 'committed' ? one.messages.map((_, nth) => one.seq + nth) : []));
  }

  /** Who is here, themselves included, and whether they type. */
  get people(): readonly string[] {
    const states = [...(this.provider.awareness?.getStates().values() ?? [])];
    return states.flatMap(({ user, typing }) => (user === undefined ? [] : [`${user.id} ${typing === true}`])).sort();
  }

  show(typing: boolean): void {
    this.provider.awareness?.setLocalState({ user: { id: this.user }, typing });
  }
}
