/**
 * The plan of the house, as `check-deps.ts` holds it: which room stands on which, who may come in where, which room knows which library.
 * The reasons stand in docs/ARCHITECTURE.md. It is our own check: dependency-cruiser reads TypeScript through a compiler interface that TypeScript 7 has no longer.
 */

/**
 * Rooms of a folder, and files at its top, by levels, lowest first. What stands on a level imports lower ones only, its own not.
 * Everything in a folder that is named here needs a level. What is asked for by `import()` comes later, and is not judged.
 */
export const LAYERS: Readonly<Record<string, readonly (readonly string[])[]>> = {
  'sync-server/src': [
    ['admission', 'base'],
    ['config', 'db', 'documents'],
    ['costs', 'identity', 'ledger'],
    ['access', 'audit', 'import', 'describe-config.ts'],
    ['nodes', 'presence', 'rest'],
    ['sync', 'webhooks'],
    ['server.ts', 'check'],
    ['main.ts'],
  ],
  'sync-server/src/access': [['limits', 'tokens'], ['members']],
  'sync-server/src/db': [
    [
      'db-log.ts',
      'cannot-start.ts',
      'drop-client.ts',
      'has-used-tablo.ts',
      'session-settings.ts',
      'visible-pattern.ts',
    ],
    ['database-client.ts', 'embedded'],
    ['pool.ts', 'pooler.ts'],
    ['host', 'reach-database.ts', 'migration-files.ts', 'pg-secret.ts'],
    ['migrate.ts', 'preview', 'existing-database.ts'],
  ],
  'sync-server/src/ledger': [['store'], ['commit'], ['ledger.ts']],
  'sync-server/src/rest': [
    ['base', 'message-poster.ts'],
    ['stores', 'requests'],
    ['answers'],
    ['routes'],
    ['pages'],
    ['create-rest.ts'],
  ],
  'sync-server/src/sync': [
    ['socket'],
    ['sessions'],
    ['joins'],
    ['extensions'],
    ['sockets.ts', 'hocuspocus-poster.ts'],
    ['open-sync.ts'],
  ],
  'client/src': [['chat'], ['hooks'], ['ui'], ['embed', 'app'], ['index.ts', 'headless.ts']],
  'client/src/chat': [
    ['base'],
    // The contract.
    ['draft-aim.ts'],
    ['chat.ts'],
    ['store', 'session'],
    ['outbox', 'drafts', 'link', 'unread'],
    ['people', 'replica'],
    ['delivery', 'view'],
    ['room'],
    ['list'],
    ['unsynced-data.ts', 'chat-options.ts'],
    ['chat-client.ts'],
  ],
  'client/src/ui': [
    ['text', 'page', 'style'],
    // Names what comes later.
    ['parts.ts'],
    ['kit'],
    ['dialog', 'people', 'connection'],
    ['message', 'composer', 'search', 'settings', 'list'],
    ['log'],
    ['conversation'],
    ['shell'],
    ['styles.ts'],
    ['dev'],
  ],
  'bench/src': [
    ['support', 'admission.ts', 'wire-meter.ts', 'read-profile.ts', 'options.ts'],
    ['load', 'catch-up.ts'],
    ['measurement.ts', 'history', 'attacks'],
    ['report.ts'],
    ['main.ts'],
  ],
  'bench/src/attacks': [
    ['attacker', 'honest', 'attack-options.ts', 'memory-watch.ts'],
    ['kinds', 'attack-plan.ts'],
    ['launch-attack.ts', 'attack-process.ts'],
    ['run-attack.ts'],
    ['attack-report.ts'],
    ['main.ts'],
  ],
  e2e: [
    ['support'],
    ['cache', 'contract', 'schedules', 'paint', 'screenshots'],
    ['soak', 'links', 'webhooks', 'package'],
    ['mutations', 'browser', 'nodes', 'proxies'],
  ],
  'e2e/soak': [['history'], ['member.ts'], ['stage.ts'], ['faults', 'restore'], ['main.soak.ts']],
};

/** Rooms with doors: the scripts that are imported from outside. Of a room that is not named here, each file may be. */
export const DOORS: Readonly<Record<string, readonly string[]>> = {
  'sync-server/src/audit': ['hourly-audit.ts'],
  'sync-server/src/config': ['config.ts', 'config-options.ts', 'limit-settings.ts', 'rest-bounds.ts'],
  'sync-server/src/costs': ['costs.ts', 'rest-costs.ts'],
  'sync-server/src/db/embedded': [
    'check-data-dir.ts',
    'embedded-postgres.ts',
    'embedded-url.ts',
    'process-identity.ts',
  ],
  'sync-server/src/documents': ['document-store.ts', 'erasures.ts', 'pg-document-store.ts', 'pg-erasure-store.ts'],
  'sync-server/src/identity': ['identity.ts', 'auth-options.ts', 'password-hasher.ts'],
  'sync-server/src/ledger': [
    'ledger.ts',
    'commit/submission.ts',
    'store/digest.ts',
    'store/ledger-store.ts',
    'store/live-document.ts',
    'store/missed.ts',
    'store/pg-epochs.ts',
    'store/pg-failures.ts',
    'store/pg-ledger.ts',
    'store/pg-taken-over.ts',
  ],
  'sync-server/src/nodes': ['hint.ts', 'nodes.ts', 'pg-hints.ts', 'pg-log-reader.ts'],
  'sync-server/src/rest': [
    'create-rest.ts',
    'message-poster.ts',
    'answers/static-page.ts',
    'pages/page-listener.ts',
    'requests/repeated-refusals.ts',
    'stores/pg-stores.ts',
  ],
  'sync-server/src/rest/pages': ['open-api.ts', 'page-listener.ts'],
  'sync-server/src/sync': ['open-sync.ts'],
  'sync-server/src/sync/sessions': ['connections.ts', 'member-news.ts', 'revocation.ts'],
  'client/src/app/sign-in': ['auth-calls.ts', 'auth-screen.tsx', 'sign-in-again-dialog.tsx', 'sign-out-dialog.tsx'],
  'sync-server/src/sync/socket/frames': [
    'frame-intake.ts',
    'frame-pace.ts',
    'frame-progress.ts',
    'frame-types.ts',
    'read-frame.ts',
  ],
  'client/src/chat/delivery': ['delivery.ts'],
  'client/src/chat/list': ['channel-list-view.ts', 'invitations.ts', 'channel-list-sync.ts', 'channel-list-applier.ts'],
  'client/src/chat/outbox': ['export-unsent.ts', 'outbox.ts', 'outbox-decisions.ts'],
  'client/src/chat/replica': ['room-document.ts', 'room-home.ts'],
  'client/src/chat/room': ['room.ts', 'room-handle.ts', 'rooms.ts'],
  'client/src/chat/session': ['api.ts', 'rest-rows.ts', 'session.ts', 'token-renewal.ts', 'token-user.ts'],
  'client/src/chat/store': ['local-store.ts', 'outbox-view.ts', 'resilient-store.ts', 'store-owner.ts', 'tabs.ts'],
  'client/src/chat/view': ['room-screen.ts', 'room-search.ts', 'search.ts'],
  'client/src/ui/composer': ['composer.tsx', 'use-aim.ts'],
  'client/src/ui/conversation': ['conversation.tsx'],
  'client/src/ui/dialog': ['confirm-dialog.tsx', 'dialog.tsx', 'menu.tsx'],
  'client/src/ui/list': ['go-to-dialog.tsx', 'no-tablo.tsx', 'sidebar.tsx', 'tablo-order.ts', 'tablo-row.tsx'],
  'client/src/ui/log': ['message-log.tsx', 'use-visited.ts'],
  'client/src/ui/message': ['allowed-commands.ts', 'log-keys.ts', 'message-row.tsx'],
  'client/src/ui/search': [],
  'client/src/ui/settings': ['first-invite.tsx'],
  'client/src/ui/shell': ['shell.tsx'],
  'e2e/soak/history': ['book.ts', 'check-history.ts', 'record.ts'],
};

/** Which of our own packages a workspace may import. */
export const OWN_IMPORTS: Readonly<Record<string, readonly string[]>> = {
  'sync-server': ['@tablo/schema'],
  client: ['@tablo/schema'],
  // Drives the real client code without a browser, against the real server process.
  e2e: ['@tablo/schema', '@tablo/client', '@tablo/sync-server'],
  // Measures rooms of the server by themselves, beside the whole.
  bench: ['@tablo/schema', '@tablo/client', '@tablo/sync-server'],
};

interface LibraryRule {
  readonly library: RegExp;
  readonly within: RegExp;
  readonly allowed: RegExp;
  readonly reason: string;
}
const NOWHERE = /^$/;
export const LIBRARY_RULES: readonly LibraryRule[] = [
  {
    library: /^(?!(yjs|lib0|zod)(\/|$))/,
    within: /^schema\/src\//,
    allowed: NOWHERE,
    reason: 'schema knows yjs, lib0 and zod only',
  },
  {
    library: /^@hocuspocus\//,
    within: /^sync-server\/src\//,
    allowed: /-extension\.ts$|\/src\/server\.ts$|\/src\/sync\//,
    reason: 'only *-extension.ts, server.ts and sync/ import Hocuspocus',
  },
  {
    library: /^pg(\/|$)/,
    within: /^sync-server\/src\//,
    allowed: /\/src\/db\/|\/pg-[^/]*\.ts$/,
    reason: 'only db/ and pg-*.ts import pg',
  },
  {
    library: /^(node:|pg|ws|pino)/,
    within: /^sync-server\/src\/admission\//,
    allowed: NOWHERE,
    reason: 'admission/ is pure',
  },
  {
    library: /^(react|react-dom)(\/|$)/,
    within: /^sync-server\/src\//,
    allowed: NOWHERE,
    reason: 'the server has no page of its own code',
  },
  {
    library: /^(node:|pg(\/|$)|@hocuspocus\/server)/,
    within: /^client\/src\//,
    allowed: NOWHERE,
    reason: 'the client runs in a browser',
  },
  {
    library: /^@hocuspocus\/provider/,
    within: /^client\/src\//,
    allowed: /\/chat\/link\/(connection|provider-socket|shared-socket)\.ts$/,
    reason: 'only chat/link/connection.ts, provider-socket.ts and shared-socket.ts import the provider',
  },
  {
    library: /^@chatscope\//,
    within: /^client\/src\//,
    allowed: /\/src\/ui\//,
    reason: 'only ui/ imports chatscope',
  },
  {
    library: /^react(-dom)?(\/|$)/,
    within: /^client\/src\/chat\//,
    allowed: NOWHERE,
    reason: 'chat/ has no React',
  },
];
