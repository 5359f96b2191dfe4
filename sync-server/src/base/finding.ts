/** What `npm start -- --check` finds, one sentence each. */
export interface Finding {
  /** `stop`: a start would not come through, or nobody could use the chat. `change`: a start does it. `note`: worth knowing, and no obstacle. */
  readonly kind: 'ok' | 'change' | 'note' | 'stop';
  readonly sentence: string;
}

export const finding = (kind: Finding['kind'], sentence: string): Finding => ({ kind, sentence });
