import { describe, expect, it } from 'vitest';
import { missingOfName } from './typed-name.ts';

describe('the name that is typed before a tablo is deleted', () => {
  it('[R3] the name that is typed before a tablo is deleted is the name when both are the same after the cleaning that names get', () => {
    expect(missingOfName('Website launch', 'Website launch')).toBeNull();
    expect(missingOfName('  Website\u00A0 launch ', 'Website launch')).toBeNull();
    expect(missingOfName('Cafe\u0301', 'Caf\u00E9')).toBeNull();
    expect(missingOfName('תכניות\u200F', 'תכניות')).toBeNull();
  });

  it('the name that is typed before a tablo is deleted is not the name when a letter is missing, other or of another case, and a sentence says which', () => {
    expect(missingOfName('', 'Launch')).toBe('The name is missing: type it as it stands above.');
    expect(missingOfName(' \u200B', 'Launch')).toBe('The name is missing: type it as it stands above.');
    expect(missingOfName('Laun', 'Launch')).toBe('The end of the name is missing.');
    expect(missingOfName('launch', 'Launch')).toBe('This is another name. Capital letters and spaces count.');
    expect(missingOfName('Launch 2', 'Launch')).toBe('This is another name. Capital letters and spaces count.');
  });
});
