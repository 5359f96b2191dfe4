import { expect, it } from 'vitest';
import { z } from 'zod';
import { REASONS } from './close-codes.ts';
import { ENTRY_FIELDS } from './entry.ts';
import { presenceState } from './wire/presence.ts';
import { clientStateless, serverStateless } from './wire/stateless.ts';

/**
 * What goes over the wire, in one hash. It changed? Then clients and servers of different releases will meet: make sure that both understand what the other
 * one sends (SPEC, "Documents and connections"), and put the new hash here.
 */
const WIRE = '572ed41e';

/** FNV-1a, 32 bits: enough to notice a change. */
function hash(text: string): string {
  let value = 0x811c9dc5;
  for (const char of text) value = Math.imul(value ^ (char.codePointAt(0) ?? 0), 0x01000193);
  return (value >>> 0).toString(16);
}

it('the words on the wire are those that other releases know', () => {
  const entries = Object.entries(ENTRY_FIELDS).map(([kind, fields]) => [kind, Object.keys(fields).sort()]);
  const schemas = [serverStateless, clientStateless, presenceState].map((schema) => z.toJSONSchema(schema));
  // What a client does about a reason is its own business: only the rest of the table is sent.
  const reasons = Object.entries(REASONS).map(([code, { close, status, message }]) => [code, close, status, message]);
  const wire = JSON.stringify([entries, schemas, reasons]);
  expect(hash(wire)).toBe(WIRE);
});
