/** One tablo's unfinished text: survives reload and crash, and is the same in all tabs [R7]. */
import type { TabloId } from '@tablo/schema/ids';
import type { LocalStore } from './local-store.ts';
import { type Readable, Writable } from './readable.ts';
import { inBackground } from './report-error.ts';
import type { Tabs } from './tabs.ts';

export interface DraftOptions {
  readonly tabloId: TabloId;
  readonly store: LocalStore;
  readonly tabs: Tabs;
  readonly saveMs: number;
}

export class Draft {
  readonly #options: DraftOptions;
  readonly #text = new Writable('');
  #timer: ReturnType<typeof setTimeout> | null = null;
  /** Typed into before the stored text was read: the stored one is older. */
  #isTouched = false;

  constructor(options: DraftOptions) {
    this.#options = options;
  }

  get text(): Readable<string> {
    return this.#text;
  }

  async load(): Promise<void> {
    const stored = await this.#options.store.readDraft(this.#options.tabloId);
    if (!this.#isTouched) this.#text.set(stored);
  }

  set(text: string): void {
    this.#isTouched = true;
    if (text === this.#text.get()) return;
    this.#text.set(text);
    this.#timer ??= setTimeout(() => inBackground(this.save()), this.#options.saveMs);
  }

  /** Another tab's word. What is being typed here right now is newer. */
  receive(text: string): void {
    if (this.#timer !== null) return;
    this.#isTouched = true;
    this.#text.set(text);
  }

  async save(): Promise<void> {
    if (this.#timer === null) return;
    clearTimeout(this.#timer);
    this.#timer = null;
    const { store, tabs, tabloId } = this.#options;
    const text = this.#text.get();
    tabs.post({ type: 'draft', tabloId, text });
    await store.writeDraft(tabloId, text);
  }
}
