/** A thread of its own for password hashes: `scryptSync` blocks it and nobody else. */
import { parentPort } from 'node:worker_threads';
import { derive, type HashOrder } from './password-hash.ts';

parentPort?.on('message', ({ id, password, salt }: HashOrder) => {
  parentPort?.postMessage({ id, key: derive(password, salt) });
});
