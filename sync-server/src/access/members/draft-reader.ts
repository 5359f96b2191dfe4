/** What the sync part reads of drafts: a notification names whose and where, the text is read here. */
import type { DraftText } from '@tablo/schema/draft';
import type { TabloId, UserId } from '@tablo/schema/ids';

export interface DraftReader {
  /** `null`: none, or the tablo is not the user's. */
  find(userId: UserId, tabloId: TabloId): Promise<DraftText | null>;
}
