import type { UserId } from '@tablo/schema/ids';
import { expect, it } from 'vitest';
import { storeOwner } from './store-owner.ts';

const ADA = '00000000-0000-4000-8000-00000000000a' as UserId;
const PAGE = 'https://app.example';

it('[R8] Stores of a server at the page’s own origin are called as in earlier releases: after the user, and its path where it has one', () => {
  for (const url of [PAGE, `${PAGE}:443`, '', '/']) expect(storeOwner(ADA, url, PAGE)).toBe(ADA);
  for (const url of [`${PAGE}/chat`, '/chat']) expect(storeOwner(ADA, url, PAGE)).toBe(`${ADA}/chat`);
});

it('[R8] Stores of servers at other origins are called after these too, by scheme, host and port', () => {
  const urls = ['https://chat.example', 'http://app.example', `${PAGE}:8443`, 'https://chat.example/chat', PAGE];
  const owners = urls.map((url) => storeOwner(ADA, url, PAGE));
  expect(new Set(owners).size).toBe(urls.length);
  expect(storeOwner(ADA, 'https://CHAT.example:443', PAGE)).toBe(owners[0]);
});

it('Stores without a page are called after the server’s origin, and after the user alone where nobody knows the server', () => {
  expect(storeOwner(ADA, PAGE, undefined)).toBe(`${ADA} ${PAGE}`);
  expect(storeOwner(ADA, '', undefined)).toBe(ADA);
});
