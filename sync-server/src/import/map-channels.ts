/** Which tablo a channel is: by the operator's table, by its id where that is a UUID, or one that is made. */
import type { Channel } from './mapping/map-others.ts';
import { asUuid, createNamedId } from './mapping/stream-ids.ts';
import type { MappedChannel } from './report.ts';
import type { FoundTablo, ImportSession } from './store/pg-import-session.ts';

interface Rules {
  readonly table: ReadonlyMap<string, string>;
  readonly creates: boolean;
}

export async function mapChannels(
  session: Pick<ImportSession, 'findTablos'>,
  channels: Iterable<Channel>,
  rules: Rules,
): Promise<readonly MappedChannel[]> {
  const wanted = [...channels].map((channel) => ({ channel, ...findTablo(channel, rules) }));
  const found = await session.findTablos(wanted.map(({ tablo }) => tablo));
  return wanted.map(({ channel, tablo, by }) => decide(channel, tablo, by, { rules, found }));
}

function findTablo({ cid, id }: Channel, { table }: Rules): { tablo: string; by: MappedChannel['by'] } {
  const listed = table.get(cid) ?? (id === null ? undefined : table.get(id));
  if (listed !== undefined) return { tablo: listed, by: 'table' };
  const own = id === null ? null : asUuid(id);
  if (own !== null) return { tablo: own, by: 'id' };
  return { tablo: createNamedId('channel', cid), by: 'earlier' };
}

interface Known {
  readonly rules: Rules;
  readonly found: ReadonlyMap<string, FoundTablo>;
}

function decide(channel: Channel, tablo: string, by: MappedChannel['by'], { rules, found }: Known): MappedChannel {
  const row = found.get(tablo);
  const leave = (why: string): MappedChannel => ({ ...channel, tablo: null, by: null, why, hasOwnMessages: false });
  if (channel.isDeleted) return leave('it is deleted in Stream');
  if (row?.is_deleted === true) return leave(`its tablo ${tablo} is deleted`);
  if (row === undefined && by === 'table') return leave(`there is no tablo ${tablo}, which --channels names`);
  if (row === undefined && by === 'earlier' && !rules.creates)
    return leave('its id is no UUID, and --channels does not name it');
  if (row === undefined && !rules.creates) return leave(`there is no tablo ${tablo}`);
  return {
    ...channel,
    tablo,
    by: row === undefined ? 'made' : by,
    why: null,
    hasOwnMessages: row?.has_own_messages === true,
  };
}
