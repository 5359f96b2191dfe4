import { describe, expect, it } from 'vitest';
import { type MenuPlace, walkByLetter, walkMenu } from './menu-walk.ts';

/** Two rows of three emoji and one of two, and below them two commands. */
const EMOJI: readonly MenuPlace[] = [0, 1, 2, 3, 4, 5, 6, 7].map((index) => ({
  x: 20 + (index % 3) * 40,
  y: 20 + Math.floor(index / 3) * 40,
  group: 0,
}));
const COMMANDS: readonly MenuPlace[] = [0, 1].map((index) => ({ x: 100, y: 160 + index * 40, group: null }));
const MENU = [...EMOJI, ...COMMANDS];
const walk = (from: number, key: string, isRightToLeft = false) => walkMenu(MENU, from, key, isRightToLeft);

describe('the keys of a menu', () => {
  it('the arrows down and up keep to the column of emoji, as far as there is one, and go on in the commands', () => {
    expect(walk(1, 'ArrowDown')).toBe(4);
    expect(walk(4, 'ArrowDown')).toBe(7);
    expect(walk(5, 'ArrowDown')).toBe(7);
    expect(walk(7, 'ArrowDown')).toBe(8);
    expect(walk(8, 'ArrowDown')).toBe(9);
    expect(walk(9, 'ArrowUp')).toBe(8);
    expect(walk(8, 'ArrowUp')).toBe(7);
  });

  it('the arrow down leads from the last row to the first, and back', () => {
    expect(walk(9, 'ArrowDown')).toBe(2);
    expect(walk(0, 'ArrowUp')).toBe(9);
  });

  it('the arrows sideways lead through the emoji in their order, to the other side where people read from right to left, and nowhere from a command', () => {
    expect(walk(2, 'ArrowRight')).toBe(3);
    expect(walk(3, 'ArrowLeft')).toBe(2);
    expect(walk(2, 'ArrowLeft', true)).toBe(3);
    expect(walk(7, 'ArrowRight')).toBeNull();
    expect(walk(8, 'ArrowRight')).toBeNull();
    expect(walk(8, 'ArrowLeft')).toBeNull();
  });

  it('Home and End lead to the ends, and from nowhere an arrow to the nearer one', () => {
    expect(walk(4, 'Home')).toBe(0);
    expect(walk(4, 'End')).toBe(9);
    expect(walk(-1, 'ArrowDown')).toBe(0);
    expect(walk(-1, 'ArrowUp')).toBe(9);
    expect(walkMenu([], -1, 'ArrowDown', false)).toBeNull();
  });

  it('the arrow down leads from the last emoji in view to those that have scrolled away, although commands stand at that height', () => {
    const scrolled: MenuPlace[] = [...EMOJI, { x: 100, y: 60, group: null }];
    expect(walkMenu(scrolled, 4, 'ArrowDown', false)).toBe(7);
    expect(walkMenu(scrolled, 7, 'ArrowDown', false)).toBe(8);
  });

  it('the arrow down leads to the next item in a group whose items stand below each other', () => {
    const themes: MenuPlace[] = [0, 1, 2].map((index) => ({ x: 50, y: index * 40, group: 0 }));
    expect(walkMenu(themes, 0, 'ArrowDown', false)).toBe(1);
  });

  it('a letter leads to the next item that begins with it, round to the first', () => {
    const names = ['👍', 'Reply', 'Copy link', 'Copy text', 'Delete'];
    expect(walkByLetter(names, 1, 'c')).toBe(2);
    expect(walkByLetter(names, 2, 'C')).toBe(3);
    expect(walkByLetter(names, 3, 'c')).toBe(2);
    expect(walkByLetter(names, -1, 'd')).toBe(4);
    expect(walkByLetter(names, 1, 'r')).toBe(1);
    expect(walkByLetter(names, 1, 'x')).toBeNull();
  });
});
