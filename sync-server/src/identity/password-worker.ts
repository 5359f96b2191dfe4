/** A thread of its own for password hashes: `scryptSync` blocks it and nobody else. */
import { constants, setPriority } from 'node:os';
import { parentPort } from 'node:worker_threads';
import { derive, type HashOrder } from './password-hash.ts';

// Where there is more work than cores, messages come first, and hashes still get a tenth. On Linux 0 is the calling thread (setpriority(2), *C library/kernel
// differences*); elsewhere it would be the whole process.
if (process.platform === 'linux') setPriority(0, constants.priority.PRIORITY_BELOW_NORMAL);

parentPort?.on('message', ({ id, password, salt }: HashOrder) => {
  parentPort?.postMessage({ id, key: derive(password, salt) });
});
