/**
 * The labels of people among all whom this device knows: for the list, and for tablos whose members it does not know. They are computed after the first paint, and
 * after many names have arrived: there may be thousands. Until then a label may lack the mark that distinguishes it, but never the name.
 */
import type { TabloId, UserId } from '@tablo/schema/ids';
import { type PersonLabel, tellApart } from '@tablo/schema/names/telling-apart';
import { FORMER_NAME, UNKNOWN_NAME } from '../base/names.ts';
import { Timer } from '../base/timer.ts';
import type { Person, RoomPerson } from '../chat.ts';
import type { KnownPeople } from './known-people.ts';

const RELABEL_AFTER_MS = 100;

export class DeviceLabels {
  readonly #known: KnownPeople;
  readonly #self: Person;
  readonly #onLabels: () => void;
  #labels: ReadonlyMap<UserId, PersonLabel> = new Map();
  readonly #timer = new Timer();
  #isClosed = false;

  constructor(known: KnownPeople, self: Person, onLabels: () => void) {
    this.#known = known;
    this.#self = self;
    this.#onLabels = onLabels;
    this.relabelSoon();
  }

  of(tabloId: TabloId, id: UserId): RoomPerson {
    const hasLeft = this.#known.hasLeft(tabloId, id);
    const name = id === this.#self.id ? this.#self.name : this.#known.nameOf(id);
    if (name === null) {
      const word = hasLeft ? FORMER_NAME : UNKNOWN_NAME;
      return { name: word, mark: `#${id.slice(-4)}`, short: word, isNamed: false, hasLeft };
    }
    const known = this.#labels.get(id);
    const label = known?.name === name ? known : tellApart([{ id, name }]).get(id);
    return { name, mark: null, short: name, ...label, isNamed: true, hasLeft };
  }

  /** Names have changed. */
  relabelSoon(): void {
    if (this.#isClosed) return;
    this.#timer.setIfUnset(() => {
      const names = new Map([...this.#known.names, [this.#self.id, this.#self.name]]);
      this.#labels = tellApart([...names].map(([id, name]) => ({ id, name })));
      this.#onLabels();
    }, RELABEL_AFTER_MS);
  }

  close(): void {
    this.#isClosed = true;
    this.#timer.clear();
  }
}
