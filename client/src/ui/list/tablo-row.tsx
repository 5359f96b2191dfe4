import type { ReactNode } from 'react';
import { TimeLabel } from '../kit/time-label.tsx';
import { Avatar } from '../people/avatar.tsx';
import { UnreadBadge } from './unread-badge.tsx';

interface TabloRowProps {
  readonly id: string;
  readonly name: string;
  readonly color?: string | null | undefined;
  readonly image?: string | null | undefined;
  readonly isOnline?: boolean;
  /** A link or a button with the name: its area is the whole row (`tablo-list.css`). */
  readonly opener: ReactNode;
  /** Of the last message; `null`: there is none. */
  readonly time: { readonly at: number; readonly label: string } | null;
  /** Before the preview. */
  readonly state?: ReactNode;
  readonly preview: ReactNode;
  readonly previewId: string;
  /** After the preview, before the count. */
  readonly mark?: ReactNode;
  readonly unreadCount: number;
  readonly unreadId: string;
}

/** One tablo of a list: our own, or a host application's. */
export function TabloRow(props: TabloRowProps) {
  const { id, name, color, image, isOnline = false, opener, time, state, preview, previewId, mark } = props;
  const { unreadCount, unreadId } = props;
  return (
    <div className={`tablo-row ${unreadCount > 0 ? 'tablo-row-unread' : ''}`}>
      <Avatar id={id} name={name} color={color} image={image} isOnline={isOnline} shape="tablo" size="md" />
      <span className="tablo-words">
        <span className="tablo-line">
          {opener}
          {time !== null && <TimeLabel className="tablo-time" at={time.at} label={time.label} />}
        </span>
        <span className="tablo-line">
          {state}
          <span className="tablo-preview" id={previewId}>
            {preview}
          </span>
          {mark}
          <UnreadBadge count={unreadCount} id={unreadId} />
        </span>
      </span>
    </div>
  );
}
