/** What `npm start -- --check` finds, one sentence each. */
export interface Finding {
  /** `stop`: a start would fail, or nobody could use the chat. `change`: a start would make this change. `note`: worth knowing, but no obstacle. */
  readonly kind: 'ok' | 'change' | 'note' | 'stop';
  readonly sentence: string;
}

export const finding = (kind: Finding['kind'], sentence: string): Finding => ({ kind, sentence });
