/** `/openapi.json`, and the page of it at `/docs`. */

import { madeOnce } from '../answers/made-once.ts';
import type { RestApp } from '../routes/route.ts';
import { DOCS_STYLE, docsPage, type OpenApiDocument } from './docs-page.ts';

const INFO = {
  title: 'Tablo Chat REST',
  version: '1',
  description:
    'JSON over HTTP with a Bearer JWT. Errors are {"error": sentence, "code": kebab-case}. A tablo that does not exist and one that is not yours give the same 403. ' +
    'Live conversations go over WebSockets: /sync (Hocuspocus) and /yjs (y-websocket).',
};

export function addOpenApiRoutes(app: RestApp, publicUrl: string | null): void {
  app.openAPIRegistry.registerComponent('securitySchemes', 'bearer', {
    type: 'http',
    scheme: 'bearer',
    bearerFormat: 'JWT',
  });
  const servers = publicUrl === null ? {} : { servers: [{ url: publicUrl }] };
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
