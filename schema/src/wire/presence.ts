/** The awareness state of a client. The server overwrites `user` with what it knows from the token [R3]. */
import { z } from 'zod';

export const presenceState = z.object({
  user: z.object({ id: z.string(), name: z.string() }),
  typing: z.boolean(),
});

export type PresenceState = z.infer<typeof presenceState>;
