import type { TabloId } from '@tablo/schema/ids';
import { expect, it } from 'vitest';
import { hrefOf, placeOfLink } from './use-host-navigation.ts';

const KITCHEN = 'aaaaaaaa-0000-4000-8000-000000000001' as TabloId;

it('links lead to a tablo or a message, and nothing else behind a # does', () => {
  expect(placeOfLink(hrefOf(KITCHEN))).toEqual({ tabloId: KITCHEN, messageId: null });
  expect(placeOfLink(hrefOf(KITCHEN, 'a/b c'))).toEqual({ tabloId: KITCHEN, messageId: 'a/b c' });
  for (const none of ['', '#', '#section', '#/boards/1', '#tablo-chat=', '#tablo-chat=nonsense'])
    expect(placeOfLink(none)).toBeNull();
  // Written by hand, or cut on its way.
  expect(placeOfLink(`#tablo-chat=${KITCHEN}/%E0%A4%A`)).toEqual({ tabloId: KITCHEN, messageId: null });
});
