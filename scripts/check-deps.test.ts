import { describe, expect, it } from 'vitest';
import { findViolations } from './check-deps.ts';

const declared = new Map([
  ['.', new Set(['vitest'])],
  ['schema', new Set(['yjs', 'zod'])],
  ['sync-server', new Set(['pg', '@hocuspocus/server', '@tablo/schema', '@tablo/client', 'hono'])],
  ['client', new Set(['react', '@chatscope/chat-ui-kit-react', '@hocuspocus/provider', '@tablo/schema'])],
]);
const judge = (path: string, text: string) => findViolations([{ path, text }], declared);

describe('findViolations', () => {
  it.each([
    ['sync-server/src/ledger/ledger.ts', `import { entrySchema } from '@tablo/schema/entry';`],
    ['sync-server/src/ledger/store/pg-ledger.ts', `import pg from 'pg';`],
    ['sync-server/src/sync/extensions/admission-extension.ts', `import type { Extension } from '@hocuspocus/server';`],
    ['sync-server/src/rest/routes.ts', `import { createPool } from '../db/pool.ts';`],
    ['sync-server/src/rest/routes.test.ts', `import { it } from 'vitest';\nimport pg from 'pg';`],
    ['client/src/chat/link/connection.ts', `import { HocuspocusProvider } from '@hocuspocus/provider';`],
    ['client/src/chat/room/room.ts', `import { Outbox } from '../outbox/outbox.ts';`],
    ['client/src/ui/list.tsx', `import {\n  MessageList,\n} from '@chatscope/chat-ui-kit-react';`],
    ['sync-server/src/config/config.ts', 'const port = process.env.PORT;'],
  ])('accepts %s', (path, text) => {
    expect(judge(path, text)).toEqual([]);
  });

  it.each([
    ['schema/src/entry.ts', `import { readFile } from 'node:fs';`, 'schema knows'],
    ['sync-server/src/rest/routes.ts', `import pg from 'pg';`, 'only db/'],
    [
      'sync-server/src/ledger/ledger.ts',
      `import {\n  Hocuspocus,\n} from '@hocuspocus/server';`,
      'only *-extension.ts',
    ],
    ['sync-server/src/db/pool.ts', `import { route } from '../rest/routes.ts';`, 'must not import level 3'],
    ['sync-server/src/admission/admit.ts', `import { hrtime } from 'node:process';`, 'admission/ is pure'],
    ['sync-server/src/rest/routes.ts', `import { room } from '@tablo/client/room';`, 'must not import @tablo/client'],
    ['sync-server/src/rest/routes.ts', `import { room } from '../../../client/src/chat/room.ts';`, 'never by path'],
    ['sync-server/src/rest/routes.ts', `import { open } from '../db/test-database.ts';`, 'only tests import tests'],
    ['sync-server/src/rest/routes.ts', `const left = await ${'import'}('left-pad');`, 'does not declare left-pad'],
    ['sync-server/src/rest/routes.ts', 'const port = process.env.PORT;', 'process.env'],
    ['client/src/chat/room/room.ts', `import { useState } from 'react';`, 'chat/ has no React'],
    ['client/src/chat/room/room.ts', `import { useChat } from '../../hooks/use-chat.ts';`, 'must not import level 2'],
    [
      'client/src/chat/room/room.ts',
      `export { HocuspocusProvider } from '@hocuspocus/provider';`,
      'only chat/link/connection.ts',
    ],
    [
      'client/src/chat/outbox/outbox.ts',
      `import type { Room } from '../room/room.ts';`,
      'outbox (level 4) must not import room (level 7)',
    ],
    [
      'client/src/chat/drafts/draft.ts',
      `import type { Link } from '../link/link.ts';`,
      'drafts (level 4) must not import link',
    ],
    ['client/src/chat/chat.ts', `import { Tabs } from './store/tabs.ts';`, 'chat.ts (level 2) must not import store'],
    ['client/src/chat/room/room.ts', `import { x } from '../attic/x.ts';`, 'attic has no level'],
    ['client/src/app/shell.tsx', `import '@chatscope/chat-ui-kit-react/styles.css';`, 'only ui/'],
  ])('refuses %s with %s', (path, text, reason) => {
    expect(judge(path, text)).toEqual([expect.stringContaining(reason)]);
  });
});
