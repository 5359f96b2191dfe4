/** A time of a host application's row, an SQL expression: it may be absent, or one that no clock shows. The same words as the index `tablo_chat_members_idx`. */
export const plainTime = (time: string): string =>
  `least(greatest(coalesce(${time}, 'epoch'), 'epoch'), '9999-01-01Z')`;
