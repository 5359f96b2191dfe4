/** Why something of the file does not come along: a closed table, so that a report counts instead of telling stories. */

export const LEFT_OUT = {
  'no-id': 'it has no id',
  'no-author': 'it does not say who wrote it',
  'long-id': 'an id in it has more than 512 characters, and Stream’s have at most 255',
  'no-time': 'it has no time from 1970 to 9999',
  'no-text': 'it has no text that can be seen, and no attachment that becomes a link',
  system: 'it is a system message: nobody wrote it (--system-messages=keep imports them under their user)',
  ephemeral: 'it is an error or an ephemeral message, which only its author saw',
  shadowed: 'its author was shadow-banned: nobody else saw it',
  restricted: 'only some members could see it',
  pending: 'it was never delivered',
  truncated: 'it was removed from its channel before (truncated_at)',
  'other-channel': 'its channel has no tablo, or is deleted in Stream',
  'no-channel': 'it does not say which channel it belongs to',
  twice: 'the file has it twice (of a message the later state counts)',
  'unknown-reaction': 'its type has no emoji (--reactions names a table)',
  'no-message': 'its message is not imported, or deleted',
  'too-many-reactions': 'a message has at most 50 kinds of emoji, and 20 by one member',
  'no-user': 'it does not say whose it is',
} as const satisfies Record<string, string>;

export type LeftOut = keyof typeof LEFT_OUT;
