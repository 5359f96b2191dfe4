/** What the audit can find wrong: a closed table. A drift names ids and numbers, never what people wrote. */

export const DRIFTS = {
  'not-looked-at': 'It could not be looked at.',
  'seq-gap': 'The numbers of the messages do not run from 1 without gaps.',
  'last-seq': 'tablos.last_seq is not the number of the newest message.',
  'message-without-entry': 'A message row has no entry in tablo_entries.',
  'entry-without-message': 'An entry of kind message has no row in messages.',
  'target-missing': 'An edit, deletion or reaction speaks of a message that this tablo does not have.',
  'message-differs': "A message row's author or times are not those of its entry.",
  'shown-at-rule': 'shown_at is neither sent_at on time nor received_at when late.',
  'edit-author': "An edit is not the message author's.",
  'edit-row': 'message_edits does not have exactly one row for each edit.',
  'edit-winner': 'edit_id or updated_at is not that of the latest edit.',
  'text-differs': 'The text of a message is not that of its latest version.',
  'first-text': 'first_text or edit_count is not what the entries say.',
  'text-lost': 'An earlier text of a message is kept nowhere.',
  deletion: 'deleted_at is not what the deletions say.',
  'deleted-content': 'A deleted message has text, an edit with text, or reactions.',
  reaction: "message_reactions is not each member's latest reaction with each emoji.",
  'document-damaged': 'The stored document cannot be read, or parts of it are missing.',
  'document-unknown-element': 'The document has an element that is no entry.',
  'document-epoch': 'A snapshot or log of another epoch than the live one is stored.',
  'document-only': 'An entry of the document is not in tablo_entries.',
  'rows-only': 'An entry of the live epoch is not in the document.',
  'seed-missing': 'A message of the time that the live document covers is not in it.',
  'entry-differs': 'An entry of the document is not the one in tablo_entries.',
  'document-shown-at': 'The document shows an entry at another time than shown_at.',
  'fold-differs': 'What people see is not what the rows say.',
  unread: "A member's unread messages are counted differently by SQL and by the definition.",
  'read-position': "A member's read position is beyond the newest message: what comes next would not be unread.",
} as const satisfies Record<string, string>;

export type DriftCode = keyof typeof DRIFTS;

export interface Finding {
  readonly code: DriftCode;
  /** The entry, message or member concerned; null for a whole tablo. */
  readonly id: string | null;
  /** Numbers and names of columns. */
  readonly detail?: string;
}

export interface Drift extends Finding {
  readonly tablo: string;
}

export interface AuditSummary {
  readonly tablos: number;
  readonly messages: number;
  readonly entries: number;
  readonly drifts: number;
  readonly seconds: number;
}
