import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { findViolations } from './check-deps.ts';
import { DOORS, LAYERS } from './house-plan.ts';

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
    ['sync-server/src/rest/create-rest.ts', `import { createPool } from '../db/pool.ts';`],
    ['sync-server/src/rest/http.pg.test.ts', `import { it } from 'vitest';\nimport pg from 'pg';`],
    ['client/src/chat/link/connection.ts', `import { HocuspocusProvider } from '@hocuspocus/provider';`],
    ['client/src/chat/room/room.ts', `import { Outbox } from '../outbox/outbox.ts';`],
    ['client/src/ui/list/sidebar.tsx', `import {\n  MessageList,\n} from '@chatscope/chat-ui-kit-react';`],
    ['sync-server/src/config/config.ts', 'const port = process.env.PORT;'],
  ])('findViolations accepts %s', (path, text) => {
    expect(judge(path, text)).toEqual([]);
  });

  it.each([
    ['schema/src/entry.ts', `import { readFile } from 'node:fs';`, 'schema knows'],
    ['sync-server/src/rest/routes/route.ts', `import pg from 'pg';`, 'only db/'],
    [
      'sync-server/src/ledger/ledger.ts',
      `import {\n  Hocuspocus,\n} from '@hocuspocus/server';`,
      'only *-extension.ts',
    ],
    [
      'sync-server/src/db/pool.ts',
      `import { createRest } from '../rest/create-rest.ts';`,
      'sync-server/src: db (level 1) must not import rest (level 4)',
    ],
    [
      'sync-server/src/rest/stores/pg-room.ts',
      `import { route } from '../routes/route.ts';`,
      'sync-server/src/rest: stores (level 1) must not import routes (level 3)',
    ],
    [
      'sync-server/src/audit/audit.ts',
      `import { Limits } from '../access/limits/limits.ts';`,
      'audit (level 3) must not import access (level 3)',
    ],
    [
      'sync-server/src/server.ts',
      `import { Committer } from './ledger/commit/committer.ts';`,
      'commit/committer.ts is no door of sync-server/src/ledger',
    ],
    [
      'client/src/ui/conversation/conversation.tsx',
      `import { NewBar } from '../log/new-bar.tsx';`,
      'new-bar.tsx is no door of client/src/ui/log',
    ],
    ['sync-server/src/admission/admit.ts', `import { hrtime } from 'node:process';`, 'admission/ is pure'],
    [
      'sync-server/src/rest/routes/route.ts',
      `import { room } from '@tablo/client/room';`,
      'must not import @tablo/client',
    ],
    [
      'sync-server/src/rest/create-rest.ts',
      `import { room } from '../../../client/src/chat/room.ts';`,
      'never by path',
    ],
    [
      'sync-server/src/rest/create-rest.ts',
      `import { open } from '../db/testing/test-database.ts';`,
      'only tests import tests',
    ],
    ['sync-server/src/rest/create-rest.ts', `const left = await ${'import'}('left-pad');`, 'does not declare left-pad'],
    ['sync-server/src/rest/create-rest.ts', 'const port = process.env.PORT;', 'process.env'],
    ['client/src/chat/room/room.ts', `import { useState } from 'react';`, 'chat/ has no React'],
    [
      'client/src/chat/room/room.ts',
      `import { useChat } from '../../hooks/use-chat.ts';`,
      'client/src: chat (level 0) must not import hooks (level 1)',
    ],
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
    [
      'e2e/support/person.ts',
      `import { openPages } from '../soak/stage.ts';`,
      'support (level 0) must not import soak',
    ],
  ])('findViolations refuses %s with %s', (path, text, reason) => {
    expect(judge(path, text)).toEqual([expect.stringContaining(reason)]);
  });

  it('findViolations refuses a circle of files, types left out', () => {
    const files = [
      { path: 'client/src/hooks/a.ts', text: `import { b } from './b.ts';\nimport type { D } from './d.ts';` },
      { path: 'client/src/hooks/b.ts', text: `export { c } from './c.ts';` },
      { path: 'client/src/hooks/c.ts', text: `import './a.ts';` },
      { path: 'client/src/hooks/d.ts', text: `import { a } from './a.ts';\nconst later = ${'import'}('./c.ts');` },
    ];
    expect(findViolations(files, declared)).toEqual([
      'a circle of imports: client/src/hooks/a.ts, client/src/hooks/b.ts, client/src/hooks/c.ts',
    ]);
  });

  it('findViolations knows only folders and files that are there', () => {
    const root = dirname(import.meta.dirname);
    const named = [
      ...Object.entries(LAYERS).flatMap(([folder, levels]) => levels.flat().map((room) => join(folder, room))),
      ...Object.entries(DOORS).flatMap(([room, doors]) => doors.map((door) => join(room, door))),
    ];
    expect(named.filter((path) => !existsSync(join(root, path)))).toEqual([]);
  });
});
