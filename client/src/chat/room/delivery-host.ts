/** What own entries on their way need of their tablo. */
import type { Refusal } from '@tablo/schema/close-codes';
import type { Entry } from '@tablo/schema/entry';
import type { EntryId, TabloId } from '@tablo/schema/ids';
import { inBackground } from '../base/report-error.ts';
import type { OwnEntriesHost } from '../delivery/own-entries.ts';
import type { SenderHost } from '../delivery/sender.ts';
import type { Link, LinkOpener } from '../link/link.ts';
import { encodeClientStateless } from '../link/server-stateless.ts';
import type { Outbox } from '../outbox/outbox.ts';
import type { Dispatch } from './room-event.ts';

export interface DeliveryHostParts {
  readonly tabloId: TabloId;
  readonly outbox: Outbox;
  readonly links: LinkOpener;
  readonly home: { readonly link: Link | null };
  readonly dispatch: Dispatch<'settled' | 'outbox-changed' | 'pushable' | 'document-full'>;
}

export class DeliveryHost implements OwnEntriesHost, SenderHost {
  readonly #parts: DeliveryHostParts;

  constructor(parts: DeliveryHostParts) {
    this.#parts = parts;
  }

  show(entries: readonly Entry[]): void {
    this.#parts.dispatch({ type: 'settled', entries });
  }

  overlay(): void {
    this.#parts.dispatch({ type: 'outbox-changed' });
  }

  flush(): void {
    this.#parts.dispatch({ type: 'pushable' });
  }

  check(ids: readonly EntryId[]): void {
    this.#parts.home.link?.sendStateless(encodeClientStateless({ type: 'check', ids: [...ids] }));
  }

  refuse(ids: readonly EntryId[], refusal: Refusal): void {
    const { outbox, tabloId } = this.#parts;
    inBackground(outbox.refuse(tabloId, ids, refusal));
  }

  moveEpoch(): void {
    this.#parts.dispatch({ type: 'document-full' });
  }

  expireToken(): void {
    this.#parts.links.expireToken();
  }
}
