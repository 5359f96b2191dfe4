import type { TimelineMessage } from '@tablo/schema/timeline';
import { Copy, Link, Pencil, Reply, RotateCcw, SmilePlus, Trash2, X } from 'lucide-react';
import { useId } from 'react';
import { useDiscarding } from '../connection/discarding.tsx';
import { Menu, MenuItem } from '../dialog/menu.tsx';
import { useToaster } from '../kit/toasts.tsx';
import { copyText } from '../page/copy-text.ts';
import { useIsNarrowWindow, useIsTouch } from '../page/media.ts';
import { useNavigation } from '../page/navigation.tsx';
import { type MessageMenuKind, useRoom } from '../people/room-context.tsx';
import { datesSentence } from '../text/message-dates.ts';
import { allowedCommands } from './allowed-commands.ts';
import { EmojiChoice } from './emoji-choice.tsx';
import { EDIT_KEY, REPLY_KEY } from './log-keys.ts';
import { WhoReacted } from './who-reacted.tsx';

interface MessageMenuProps {
  readonly kind: MessageMenuKind;
  readonly message: TimelineMessage;
  readonly anchor: HTMLElement;
  readonly onClose: () => void;
}

/** What can be done with one message: a menu beside it, or a sheet at the bottom of a phone. */
export function MessageMenu({ kind, message, anchor, onClose }: MessageMenuProps) {
  const room = useRoom();
  const { attempt, say } = useToaster();
  const { discard } = useDiscarding();
  const isNarrow = useIsNarrowWindow();
  const isTouch = useIsTouch();
  const { hrefOf } = useNavigation();
  const noteId = useId();
  const isOwn = message.author === room.userId;
  const { status } = message.delivery;
  const allowed = allowedCommands(message, room);
  const shortcut = (key: string) => (isTouch ? {} : { shortcut: key.toUpperCase() });

  /** Closes first, so that the focus can go where the command puts it. */
  const item = (command: () => void) => () => {
    onClose();
    command();
  };

  /** At once, so that it is not delivered meanwhile. */
  const takeBack = () => {
    const { handle } = room;
    const sendAgain = () => attempt(handle.send(message.text, message.replyTo ?? undefined));
    attempt(
      handle.remove(message.id).then(() => say('Message taken back.', { action: { label: 'Undo', run: sendAgain } })),
    );
  };

  const note = (
    <p id={noteId} className="menu-note">
      <bdi>{datesSentence(message)}</bdi>
    </p>
  );

  return (
    <Menu
      label="What to do with this message"
      describedBy={noteId}
      anchor={anchor}
      align={isOwn ? 'end' : 'start'}
      isSheet={isNarrow}
      className="menu message-menu"
      onClose={onClose}
      above={
        isNarrow && (
          <div className="sheet-head">
            {note}
            <button type="button" className="icon-button" aria-label="Close" onClick={onClose}>
              <X size={20} aria-hidden />
            </button>
          </div>
        )
      }
      below={isNarrow ? kind === 'actions' && <WhoReacted message={message} /> : note}
    >
      {allowed.react && (
        <EmojiChoice
          message={message}
          showsAll={kind === 'emoji'}
          onChoose={(emoji, on) => {
            onClose();
            attempt(room.handle.react(message.id, emoji, on));
          }}
        />
      )}
      {kind === 'actions' && (
        <>
          {allowed.react && <hr className="menu-line" />}
          {allowed.reply && (
            <MenuItem
              icon={<Reply className="points" size={16} aria-hidden />}
              {...shortcut(REPLY_KEY)}
              onChoose={item(() => room.startReply(message))}
            >
              Reply
            </MenuItem>
          )}
          {allowed.react && (
            <MenuItem
              icon={<SmilePlus size={16} aria-hidden />}
              opensMenu
              onChoose={() => room.openMenu('emoji', message, anchor)}
            >
              React
            </MenuItem>
          )}
          {allowed.edit && (
            <MenuItem
              icon={<Pencil size={16} aria-hidden />}
              {...shortcut(EDIT_KEY)}
              onChoose={item(() => room.startEdit(message))}
            >
              Edit
            </MenuItem>
          )}
          <MenuItem
            icon={<Copy size={16} aria-hidden />}
            onChoose={item(() => attempt(copyText(message.text).then(() => say('Copied.'))))}
          >
            Copy text
          </MenuItem>
          {status === 'sent' && (
            <MenuItem
              icon={<Link size={16} aria-hidden />}
              onChoose={item(() =>
                attempt(
                  copyText(new URL(hrefOf(room.handle.id, message.id), location.href).href).then(() => say('Copied.')),
                ),
              )}
            >
              Copy link
            </MenuItem>
          )}
          {status === 'refused' && (
            <MenuItem
              icon={<RotateCcw size={16} aria-hidden />}
              onChoose={item(() => attempt(room.handle.retry(message.id)))}
            >
              Retry
            </MenuItem>
          )}
          {allowed.remove && (
            <MenuItem
              icon={<Trash2 size={16} aria-hidden />}
              isDangerous
              onChoose={item(() => {
                if (status === 'sent') room.askDelete(message);
                else if (status === 'refused') discard(room.handle, message.id, 'Message discarded.');
                else takeBack();
              })}
            >
              {status === 'sent' ? 'Delete' : status === 'pending' ? 'Do not deliver' : 'Discard'}
            </MenuItem>
          )}
        </>
      )}
    </Menu>
  );
}
