/** Every attack, in the order in which they run. */
import type { Attack } from '../attacker/attack.ts';
import { documentAttacks } from './document-attacks.ts';
import { frameAttacks } from './frame-attacks.ts';
import { ledgerAttacks } from './ledger-attacks.ts';
import { restAttacks } from './rest-attacks.ts';
import { strangerAttacks } from './stranger-attacks.ts';

export const ALL_ATTACKS: readonly Attack[] = [
  ...documentAttacks,
  ...ledgerAttacks,
  ...restAttacks,
  ...frameAttacks,
  ...strangerAttacks,
];
