/** `/chat/people`: what those are called who wrote in the caller's tablos, whether these were ever opened on a device or not. */

import { isTabloId, isUserId } from '@tablo/schema/ids';
import { PEOPLE_ASKED_MAX } from '@tablo/schema/limits';
import { peopleAnswer } from '@tablo/schema/rest/people';
import { z } from 'zod';
import type { PersonAsked, PgPeople } from '../stores/pg-people.ts';
import { addRoute, type RestApp } from './route.ts';

const MUST_BE = `must be 1 to ${PEOPLE_ASKED_MAX} times <tablo id>:<user id>, with commas between`;

const peopleQuery = z.object({
  of: z
    .string()
    .transform((given, context): readonly PersonAsked[] => {
      const asked = given.split(',').map(parseAsked);
      if (asked.length <= PEOPLE_ASKED_MAX && asked.every((one) => one !== null)) return asked;
      context.addIssue({ code: 'custom', message: MUST_BE });
      return z.NEVER;
    })
    .meta({
      type: 'string',
      description: `People, each by a tablo of yours where they wrote: \`<tablo id>:<user id>\`, at most ${PEOPLE_ASKED_MAX}, with commas between.`,
    }),
});

function parseAsked(given: string): PersonAsked | null {
  const [tabloId, userId, ...more] = given.split(':');
  return isTabloId(tabloId) && isUserId(userId) && more.length === 0 ? { tabloId, userId } : null;
}

export function addPeopleRoutes(app: RestApp, people: PgPeople): void {
  addRoute(
    app,
    {
      method: 'get',
      path: '/chat/people',
      summary:
        'Names of people who are or were in your tablos, also of those who have left; whoever is not known is left out',
      query: peopleQuery,
      answer: peopleAnswer,
      statuses: [200],
    },
    async ({ claims, query }) => ({ status: 200, body: { people: await people.list(claims.userId, query.of) } }),
  );
}
