import type { TabloId } from '@tablo/schema/ids';
import { describe, expect, it } from 'vitest';
import { matchTablos, rankTablos } from './match-tablos.ts';

const tablo = (name: string) => ({ id: name as TabloId, name });
const TABLOS = ['Website launch', 'Launch party', 'Café', 'Old website', 'Relaunch'].map(tablo);
const names = (found: readonly { readonly name: string }[]) => found.map(({ name }) => name);
const rank = (query: string, visited: readonly string[] = [], current: string | null = null) =>
  names(rankTablos(TABLOS, query, { visited: visited as readonly TabloId[], current: current as TabloId | null }));

describe('what is typed for a tablo', () => {
  it('the text typed for a tablo finds every name that holds all of its words, whatever their case, order and accents', () => {
    expect(names(matchTablos(TABLOS, ' LAUNCH  web '))).toEqual(['Website launch']);
    expect(names(matchTablos(TABLOS, 'cafe'))).toEqual(['Café']);
    expect(names(matchTablos(TABLOS, 'nothing'))).toEqual([]);
    expect(names(matchTablos(TABLOS, ''))).toEqual(names(TABLOS));
  });

  it('the text typed for a tablo means names that begin with it before names in which a word does, and these before others', () => {
    expect(rank('launch')).toEqual(['Launch party', 'Website launch', 'Relaunch']);
  });

  it('the text typed for a tablo means, among equals, what was looked at last, then what is newest, and last what is open', () => {
    expect(rank('', ['Old website', 'Café'])).toEqual([
      'Old website',
      'Café',
      'Website launch',
      'Launch party',
      'Relaunch',
    ]);
    expect(rank('', ['Café', 'Old website'], 'Café').at(0)).toBe('Old website');
    expect(rank('', ['Café', 'Old website'], 'Café').at(-1)).toBe('Café');
  });
});
