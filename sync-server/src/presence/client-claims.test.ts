import { describe } from 'vitest';
import { testClientClaims } from './client-claims-contract.ts';
import { MemoryClientClaims } from './memory-client-claims.ts';

describe('claims in memory', () => testClientClaims((maxPerUser) => new MemoryClientClaims(maxPerUser)));
