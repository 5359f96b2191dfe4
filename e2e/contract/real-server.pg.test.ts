import type { TabloId, UserId } from '@tablo/schema/ids';
import { openWholeServer } from '@tablo/sync-server/attacks/whole-server';
import { addTablo } from '@tablo/sync-server/testing/add-tablo';
import { TOKEN_SETTINGS, tokenOf } from '@tablo/sync-server/testing/tokens';
import pg from 'pg';
import { describeServer } from './server-contract.ts';

/** More than any other test writes. */
const EPOCH_MAX_ENTRIES = 30;

describeServer('The real server', async () => {
  const server = await openWholeServer({
    ...TOKEN_SETTINGS,
    LOG_LEVEL: 'error',
    EPOCH_MAX_ENTRIES: String(EPOCH_MAX_ENTRIES),
  });
  const pool = new pg.Pool({ connectionString: server.databaseUrl, max: 2 });
  const owners = new Map<TabloId, UserId>();
  return {
    url: server.url,
    tokenOf,
    addTablo: async (name, members) => {
      const id = await addTablo(pool, members, { name });
      owners.set(id, Object.keys(members)[0] as UserId);
      return id;
    },
    // As it comes about: the document is full.
    moveEpoch: async (id) => {
      for (let nth = 0; nth < EPOCH_MAX_ENTRIES; nth += 1) {
        const { status } = await server.call(`/chat/channels/${id}/messages`, {
          token: tokenOf(owners.get(id) as UserId),
          body: { text: 'x' },
        });
        if (status !== 201) throw new Error(`A message was answered with ${status}.`);
      }
    },
    close: async () => {
      await pool.end();
      await server.close();
    },
  };
});
