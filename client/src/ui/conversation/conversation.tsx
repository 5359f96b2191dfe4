import type { EntryId, TabloId } from '@tablo/schema/ids';
import { canWrite } from '@tablo/schema/roles';
import type { TimelineMessage } from '@tablo/schema/timeline';
import { type ReactNode, useCallback, useMemo, useRef, useState } from 'react';
import type { ChannelSummary, RoomHandle } from '../../chat/chat.ts';
import { useChatClient } from '../../hooks/chat-context.tsx';
import { useConnection } from '../../hooks/use-connection.ts';
import { useReadable } from '../../hooks/use-readable.ts';
import { useRoom as useRoomHandle } from '../../hooks/use-room.ts';
import { Composer } from '../composer/composer.tsx';
import { useAim } from '../composer/use-aim.ts';
import { ChatContainer, Slot } from '../kit/kit.tsx';
import { MessageLog, type MessageLogControls } from '../log/message-log.tsx';
import { messageElementId } from '../message/message-row.tsx';
import { useHeading } from '../page/frame.ts';
import { ClosedTablo, ConfirmDialog, InviteDialog, MessageMenu } from '../parts.ts';
import { type MessageMenuKind, type Room, RoomContext } from '../people/room-context.tsx';
import { ConversationTop } from './conversation-top.tsx';

interface ConversationProps {
  readonly tabloId: TabloId;
  /** `null` while the list is not known, or when the tablo is not on it. */
  readonly channel: ChannelSummary | null;
  /** `null`: not known yet. */
  readonly name: string | null;
  readonly banner: ReactNode;
}

export function Conversation(props: ConversationProps) {
  const handle = useRoomHandle(props.tabloId);
  const Heading = useHeading(1);
  if (handle !== null) return <OpenConversation {...props} handle={handle} />;
  return (
    <div className="conversation">
      <Heading className="hidden-visually">{props.name || 'Tablo'}</Heading>
    </div>
  );
}

interface OpenMenu {
  readonly kind: MessageMenuKind;
  readonly message: TimelineMessage;
  readonly anchor: HTMLElement;
}

function OpenConversation({ channel, name, banner, handle }: ConversationProps & { readonly handle: RoomHandle }) {
  const { user } = useChatClient();
  const isOnline = useConnection().status !== 'offline';
  const view = useReadable(handle.view);
  const aim = useAim(handle);
  /** Somebody has just picked a message to answer or edit: the field takes the focus. What comes back from storage leaves it where it is. */
  const [picks, setPicks] = useState(0);
  const [menu, setMenu] = useState<OpenMenu | null>(null);
  const [deleting, setDeleting] = useState<TimelineMessage | null>(null);
  const [isInviting, setIsInviting] = useState(false);
  const logRef = useRef<MessageLogControls>(null);

  const role = channel?.role ?? 'guest';
  const isWritable = view.closed === null && channel !== null && canWrite(role);
  // A tablo that has just been made or joined comes with the next list: only without the server is there something to say.
  const unknownText = isOnline ? '' : 'This tablo is not on this device yet. It appears when the server answers.';
  const closedText =
    view.closed?.message ?? (channel === null ? unknownText : 'You can read here. Guests cannot write.');

  const names = useReadable(handle.names);

  const { startEdit, startReply } = aim;
  const room = useMemo<Room>(
    () => ({
      handle,
      userId: user.id,
      role,
      isWritable,
      personOf: (id) => names.of(id),
      startReply: (message) => {
        startReply(message);
        setPicks((count) => count + 1);
      },
      startEdit: (message) => {
        startEdit(message);
        setPicks((count) => count + 1);
      },
      invitePeople: () => setIsInviting(true),
      askDelete: (message) => setDeleting(message),
      openMenu: (kind, message, anchor) =>
        setMenu((open) => (open?.anchor === anchor && open.kind === kind ? null : { kind, message, anchor })),
      // Stored messages are shown at once, however far up they are.
      jumpTo: (id) => void handle.reveal(id).then(() => logRef.current?.jumpTo(id)),
    }),
    [handle, user.id, role, isWritable, names, startEdit, startReply],
  );

  const handleSent = useCallback(() => logRef.current?.jumpToLatest(), []);
  const handleEditLast = useCallback(() => {
    const last = handle.view.get().messages.findLast((message) => message.author === user.id && !message.isDeleted);
    const element = last === undefined ? null : document.getElementById(messageElementId(last.id));
    // One that is far out of the reader's sight is not meant.
    if (last === undefined || element === null) return;
    element.scrollIntoView({ block: 'nearest' });
    room.startEdit(last);
  }, [handle, user.id, room]);

  // The menu shows the message as it is now, also when it changes or goes away meanwhile.
  const menuMessage = menu === null ? undefined : find(view.messages, menu.message.id);
  const hasMenu = menuMessage !== undefined && !menuMessage.isDeleted;

  // Undelivered messages keep a tablo in the list, and are shown in it [R8].
  const hasUnsent = channel !== null && channel.unsent.pending + channel.unsent.refused > 0;
  if (view.closed?.code === 'forbidden' && !hasUnsent)
    return <ClosedTablo handle={handle} name={name} banner={banner} />;

  return (
    <RoomContext.Provider value={room}>
      <ChatContainer className="conversation">
        <ConversationTop as={Slot.header} channel={channel} name={name} banner={banner} />
        <MessageLog
          as={Slot.log}
          controls={logRef}
          unreadCount={channel?.unreadCount ?? 0}
          menuFor={hasMenu ? menuMessage.id : null}
        />
        <Composer
          as={Slot.composer}
          aim={aim}
          picks={picks}
          closedText={closedText}
          onSent={handleSent}
          onEditLast={handleEditLast}
        />
      </ChatContainer>
      {menu !== null && hasMenu && (
        <MessageMenu
          key={`${menu.message.id} ${menu.kind}`}
          kind={menu.kind}
          message={menuMessage}
          anchor={menu.anchor}
          onClose={() => setMenu(null)}
        />
      )}
      {isInviting && channel !== null && (
        <InviteDialog tabloId={channel.id} role={channel.role} onClose={() => setIsInviting(false)} />
      )}
      {deleting !== null && (
        <ConfirmDialog
          title="Delete this message?"
          action="Delete"
          onConfirm={() => handle.remove(deleting.id)}
          onClose={() => setDeleting(null)}
        >
          <p>It disappears for everybody. This cannot be undone.</p>
          <blockquote className="dialog-quote">{deleting.text.slice(0, 280)}</blockquote>
        </ConfirmDialog>
      )}
    </RoomContext.Provider>
  );
}

const find = (messages: readonly TimelineMessage[], id: EntryId): TimelineMessage | undefined =>
  messages.find((message) => message.id === id);
