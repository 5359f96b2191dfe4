import { isVisible } from '@tablo/schema/names/text';
import { expect, it } from 'vitest';
import { onServer, openTestDatabase } from './testing/test-database.ts';
import { visiblePattern } from './visible-pattern.ts';

it('[R8] PostgreSQL finds the very characters that can be seen, of all that there are, and in texts', async () => {
  const database = await openTestDatabase();
  await onServer(database.url, async (client) => {
    const { rows } = await client.query<{ code: number }>(
      `SELECT code FROM generate_series(1, 1114111) AS code WHERE code NOT BETWEEN 55296 AND 57343 AND chr(code) ~ $1`,
      [visiblePattern()],
    );
    const codes = Array.from({ length: 0x10ffff }, (_, nth) => nth + 1).filter(
      (code) => code < 0xd800 || code > 0xdfff,
    );
    expect(rows.map(({ code }) => code)).toEqual(codes.filter((code) => isVisible(String.fromCodePoint(code))));
    const texts = ['', ' \n', '\u200b\u2800', 'a', '\u200ba\u200b', '\u0301', '🙂', '\u{1d159}\u3164', 'é\n'];
    const { rows: found } = await client.query('SELECT t ~ $2 AS seen FROM unnest($1::text[]) AS t', [
      texts,
      visiblePattern(),
    ]);
    expect(found.map(({ seen }) => seen)).toEqual(texts.map(isVisible));
  });
  await database.close();
});
