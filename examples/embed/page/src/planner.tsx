/** The host application: people, boards, and a chat beside them. Everything of Tablo Chat is in the lines that name `@tablo/client`. */
import { ChatPage, ChatProvider, useChatUnread } from '@tablo/client';
import { type ReactElement, useCallback, useEffect, useState } from 'react';
import { type Board, createBoard, getChatToken, readBoards, readSession, type Session, signIn } from './api.ts';

export function Planner(): ReactElement | null {
  const [session, setSession] = useState<Session | null>(null);
  const refresh = useCallback(() => void readSession().then(setSession), []);
  useEffect(refresh, [refresh]);
  if (session === null) return null;
  const become = async (id: string | null) => {
    await signIn(id);
    refresh();
  };
  const { me, people, chatUrl } = session;

  return (
    // Asked anew when somebody else signs in: `getToken` is another function then.
    <ChatProvider key={chatUrl} serverUrl={chatUrl} getToken={getTokenOf(me?.id ?? null)}>
      <div className="planner">
        <header>
          <h1>Planner</h1>
          <UnreadBadge />
          <nav aria-label="People">
            {me === null ? (
              people.map(({ id, name }) => (
                <button key={id} type="button" onClick={() => void become(id)}>
                  I am {name}
                </button>
              ))
            ) : (
              <>
                <span>{me.name}</span>
                <button type="button" onClick={() => void become(null)}>
                  Sign out
                </button>
              </>
            )}
          </nav>
        </header>
        {me === null ? <p className="hint">Who are you? An example has no passwords.</p> : <Boards key={me.id} />}
      </div>
    </ChatProvider>
  );
}

const functions = new Map<string | null, () => Promise<string | null>>();
/** One function a person, so that the provider is told of a change, and of nothing else. */
function getTokenOf(id: string | null): () => Promise<string | null> {
  const known = functions.get(id) ?? (async () => (id === null ? null : getChatToken()));
  functions.set(id, known);
  return known;
}

/** In the navigation, wherever one is: no conversation has to be open. */
function UnreadBadge(): ReactElement | null {
  const { total } = useChatUnread();
  return total === 0 ? null : (
    <output className="badge" aria-label="Unread messages">
      {total}
    </output>
  );
}

function Boards(): ReactElement {
  const [boards, setBoards] = useState<readonly Board[]>([]);
  const [open, setOpen] = useState<string | null>(null);
  const { getUnreadCount } = useChatUnread();
  useEffect(() => void readBoards().then(setBoards), []);
  const add = async () => {
    const name = window.prompt('What is the board called?');
    if (name === null || name.trim() === '') return;
    const { id } = await createBoard(name.trim());
    setBoards(await readBoards());
    setOpen(id);
  };

  return (
    <main className="workspace">
      <section className="boards" aria-label="Boards">
        <ul>
          {boards.map(({ id, name, color }) => (
            <li key={id}>
              <button
                type="button"
                aria-current={id === open}
                style={{ borderColor: color ?? undefined }}
                onClick={() => setOpen(id)}
              >
                {name}
                {getUnreadCount(id) > 0 && <span className="badge">{getUnreadCount(id)}</span>}
              </button>
            </li>
          ))}
        </ul>
        <button type="button" onClick={() => void add()}>
          New board
        </button>
      </section>
      <section className="chat" aria-label="Chat">
        <ChatPage title="Chat" tablos={boards} channelId={open} onChannelSelect={setOpen} />
      </section>
    </main>
  );
}
