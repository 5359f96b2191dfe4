/** What the sync part reads of read positions: a notification names whose and where, the number is read here [R10]. */
import type { TabloId, UserId } from '@tablo/schema/ids';

export interface ReadPositionReader {
  /** `null`: never read, or no such tablo. */
  find(userId: UserId, tabloId: TabloId): Promise<number | null>;
}
