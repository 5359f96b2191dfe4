/** The open invitations of this user. Asked for with the list of tablos; kept in memory, since an answer needs the server. */
import type { TabloId } from '@tablo/schema/ids';
import { type Readable, Writable } from '../base/readable.ts';
import { ChatError, type Invitation } from '../chat.ts';
import type { Api } from '../session/api.ts';

export class Invitations {
  readonly #api: Api;
  readonly #list = new Writable<readonly Invitation[]>([]);
  /** Invitations that were answered here: an older list may still contain them. */
  readonly #answered = new Set<string>();

  constructor(api: Api) {
    this.#api = api;
  }

  get list(): Readable<readonly Invitation[]> {
    return this.#list;
  }

  /** The known invitations stay when the server cannot be reached: they are asked for again with the next list. */
  async refresh(): Promise<void> {
    try {
      this.#show(await this.#api.listInvitations());
    } catch (error) {
      if (!(error instanceof ChatError)) throw error;
    }
  }

  async accept(id: string): Promise<TabloId> {
    const tabloId = await this.#answer(id, this.#api.acceptInvitation(id));
    this.#forget(id);
    return tabloId;
  }

  async decline(id: string): Promise<void> {
    await this.#answer(id, this.#api.declineInvitation(id));
    this.#forget(id);
  }

  /** An invitation that was withdrawn meanwhile is removed from the list too. */
  async #answer<T>(id: string, answer: Promise<T>): Promise<T> {
    try {
      return await answer;
    } catch (error) {
      if (error instanceof ChatError && error.code === 'not-found') {
        this.#forget(id);
        throw new ChatError('not-found', 'This invitation is no longer open.');
      }
      throw error;
    }
  }

  #forget(id: string): void {
    this.#answered.add(id);
    this.#show(this.#list.get());
  }

  #show(given: readonly Invitation[]): void {
    const next = given.filter(({ id }) => !this.#answered.has(id));
    if (JSON.stringify(next) !== JSON.stringify(this.#list.get())) this.#list.set(next);
  }
}
