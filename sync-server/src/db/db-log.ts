// The little of a logger that this room needs; pino's has it.
export interface DbLog {
  debug(message: string): void;
  info(message: string): void;
  warn(message: string): void;
  error(message: string): void;
}

/** For tests and tools which have nothing to say. */
export const silentLog: DbLog = { debug() {}, info() {}, warn() {}, error() {} };
