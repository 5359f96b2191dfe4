// One child in the foreground. Ctrl-C in a terminal reaches the whole group, the child included, so it is passed on only
// where it came to us alone; other signals always come to us alone.
import { spawn } from 'node:child_process';
import { isatty } from 'node:tty';

/** Resolves to the exit code that we should have: the child's, or 128 + signal as a shell says it. */
export function runForeground(command, args, options = {}) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { stdio: 'inherit', ...options });
    const passOn = (signal) => {
      if (signal === 'SIGINT' && [0, 1, 2].some((descriptor) => isatty(descriptor))) return;
      child.kill(signal);
    };
    const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'];
    for (const signal of signals) process.on(signal, passOn);
    const finish = (code) => {
      for (const signal of signals) process.off(signal, passOn);
      resolve(code);
    };
    child.once('error', (error) => {
      process.stderr.write(`${command} could not be started: ${error.message}\n`);
      finish(1);
    });
    child.once('exit', (code, signal) => finish(code ?? (signal === 'SIGINT' ? 130 : signal === 'SIGTERM' ? 143 : 1)));
  });
}
