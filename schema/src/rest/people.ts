/** `GET /chat/people`: what those are called who wrote in one's tablos. */
import { z } from 'zod';

export const namedPerson = z.object({ user_id: z.string(), name: z.string() });
/** Only those whom somebody knows a name of, each once. */
export const peopleAnswer = z.object({ people: z.array(namedPerson) });
export type RestNamedPerson = z.infer<typeof namedPerson>;
