/** `/openapi.json`, and the page of it at `/docs`. */

import { MEMBER_EVENTS, MESSAGE_EVENTS, memberWebhook, messageWebhook } from '@tablo/schema/rest/webhook';
import { z } from 'zod';
import { madeOnce } from '../answers/made-once.ts';
import type { RestApp } from '../routes/route.ts';
import { DOCS_STYLE, docsPage, type OpenApiDocument } from './docs-page.ts';

const INFO = {
  title: 'Tablo Chat REST',
  version: '1',
  description:
    'JSON over HTTP with a Bearer JWT. A host’s back end has a service token, and says in the header Chat-User for whom it acts. Errors are {"error": sentence, "code": kebab-case}. A tablo that does not exist and one that is not yours give the same 403. ' +
    'Live conversations go over WebSockets: /sync (Hocuspocus) and /yjs (y-websocket).',
};

export function addOpenApiRoutes(app: RestApp, publicUrl: string | null): void {
  app.openAPIRegistry.registerComponent('securitySchemes', 'bearer', {
    type: 'http',
    scheme: 'bearer',
    bearerFormat: 'JWT',
  });
  const servers = publicUrl === null ? {} : { servers: [{ url: publicUrl }] };
  addWebhooks(app);
  // At the first request: every route has been added by then.
  const read = (): OpenApiDocument =>
    app.getOpenAPI31Document({ openapi: '3.1.0', info: INFO, ...servers }) as unknown as OpenApiDocument;
  app.get(
    '/openapi.json',
    madeOnce('application/json', () => JSON.stringify(read())),
  );
  app.get(
    '/docs',
    madeOnce('text/html; charset=utf-8', () => String(docsPage(read()))),
  );
  app.get(
    '/docs/style.css',
    madeOnce('text/css; charset=utf-8', () => DOCS_STYLE),
  );
}

const webhookHeaders = z.object({
  'webhook-id': z.string().meta({ description: 'The same at every attempt: what was seen already is left out by it.' }),
  'webhook-timestamp': z.string().meta({ description: 'Of this attempt, in seconds since the Unix epoch.' }),
  'webhook-signature': z.string().meta({
    description: '`v1,` and HMAC-SHA256 of `<id>.<timestamp>.<body>` in base64; several, separated by blanks.',
  }),
});

/** What is sent to `WEBHOOK_URL`. */
function addWebhooks(app: RestApp): void {
  const add = (type: string, schema: z.ZodType): void =>
    app.openAPIRegistry.registerWebhook({
      method: 'post',
      path: type,
      summary: 'Sent to WEBHOOK_URL at least once, in order within a channel, until it is answered 2xx',
      request: { headers: webhookHeaders, body: { content: { 'application/json': { schema } } } },
      responses: {
        '2XX': { description: 'Taken.' },
        default: { description: 'Not taken: sent again later, for three days.' },
      },
    });
  for (const type of MESSAGE_EVENTS) add(type, messageWebhook.extend({ type: z.literal(type) }));
  for (const type of MEMBER_EVENTS) add(type, memberWebhook.extend({ type: z.literal(type) }));
}
