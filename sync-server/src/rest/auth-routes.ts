/** `/api/auth/*`: the built-in identity service, where there is one; and `/api/config`, which tells the page whether there is. */
import { MAX_BODY_BYTES } from '@tablo/schema/limits';
import type { RestConfig } from '@tablo/schema/rest/common';
import { bodyLimit } from 'hono/body-limit';
import { AUTH_PATH } from '../identity/auth-options.ts';
import type { Identity } from '../identity/identity.ts';
import { AppError, notFound, refusal } from './app-error.ts';
import { clientAddress } from './client-address.ts';
import type { RestApp } from './route.ts';

export function addAuthRoutes(app: RestApp, identity: Identity | null, trustProxy: boolean): void {
  app.get('/api/config', (context) => {
    const config: RestConfig = { identity: identity === null ? 'external' : 'built-in' };
    return context.json(config);
  });
  if (identity === null) return;

  const limit = bodyLimit({
    maxSize: MAX_BODY_BYTES,
    onError: () => {
      throw new AppError(refusal('too-large'));
    },
  });
  app.on(['GET', 'POST'], `${AUTH_PATH}/*`, limit, async (context) => {
    const answer = await identity.handle(context.req.raw, clientAddress(context, trustProxy));
    // better-auth says it with an empty body.
    if (answer.status === 404) throw notFound();
    return answer;
  });
}
