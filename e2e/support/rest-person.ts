// A person without a page: writes through REST, as a bot or a back end does.
export class RestPerson {
  readonly name: string;
  readonly email: string;
  readonly #url: string;
  #cookie = '';
  /** Lives longer than any test. */
  #token: { readonly token: string } | undefined;

  constructor(url: string, name: string) {
    this.name = name;
    this.email = `${name.toLowerCase().replaceAll(/[^a-z]+/g, '.')}@example.org`;
    this.#url = url;
  }

  async signUp(password: string): Promise<void> {
    const answer = await fetch(`${this.#url}/api/auth/sign-up/email`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', origin: this.#url },
      body: JSON.stringify({ name: this.name, email: this.email, password }),
    });
    if (!answer.ok) throw new Error(`Sign-up answered ${answer.status}: ${await answer.text()}`);
    this.#cookie = answer.headers
      .getSetCookie()
      .flatMap((line) => line.split(';')[0] ?? [])
      .join('; ');
  }

  async createTablo(name: string): Promise<string> {
    const { channel } = await this.#ask<{ channel: { id: string } }>('POST', '/chat/channels', { name });
    return channel.id;
  }

  async invite(tablo: string): Promise<string> {
    const { invite } = await this.#ask<{ invite: { code: string } }>('POST', `/chat/channels/${tablo}/invites`, {});
    return invite.code;
  }

  async inviteUrl(tablo: string): Promise<string> {
    const { invite } = await this.#ask<{ invite: { url: string } }>('POST', `/chat/channels/${tablo}/invites`, {});
    return invite.url;
  }

  async accept(code: string): Promise<void> {
    await this.#ask('POST', `/chat/invites/${code}/accept`);
  }

  async remove(tablo: string, user: string): Promise<void> {
    await this.#ask('DELETE', `/chat/channels/${tablo}/members/${user}`);
  }

  /** Of the session's account. */
  async userId(): Promise<string> {
    const session = await this.#fetch<{ user: { id: string } }>('/api/auth/get-session', {
      headers: { cookie: this.#cookie },
    });
    return session.user.id;
  }

  async say(tablo: string, text: string, replyTo?: string): Promise<string> {
    const body = replyTo === undefined ? { text } : { text, reply_to: replyTo };
    const { message } = await this.#ask<{ message: { id: string } }>('POST', `/chat/channels/${tablo}/messages`, body);
    return message.id;
  }

  /** Somebody who shares no tablo with this person: they are asked. */
  async askToJoin(tablo: string, user: string): Promise<void> {
    await this.#ask('POST', `/chat/channels/${tablo}/members`, { user_id: user, role: 'member' });
  }

  read<T>(path: string): Promise<T> {
    return this.#ask('GET', path);
  }

  async #ask<T>(method: string, path: string, body?: unknown): Promise<T> {
    this.#token ??= await this.#fetch<{ token: string }>('/api/auth/token', { headers: { cookie: this.#cookie } });
    return this.#fetch<T>(path, {
      method,
      headers: { authorization: `Bearer ${this.#token.token}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  }

  async #fetch<T>(path: string, options: RequestInit): Promise<T> {
    const answer = await fetch(`${this.#url}${path}`, options);
    if (!answer.ok) throw new Error(`${path} answered ${answer.status}: ${await answer.text()}`);
    return (await answer.json()) as T;
  }
}
