// The little of a logger that this room needs; pino's has it. What changes from line to line is a field: by its sentence a line's kind is known, and bounded.
interface DbLogMethod {
  (message: string): void;
  (fields: object, message: string): void;
}

export interface DbLog {
  readonly debug: DbLogMethod;
  readonly info: DbLogMethod;
  readonly warn: DbLogMethod;
  readonly error: DbLogMethod;
}

/** For tests and tools which have nothing to say. */
export const silentLog: DbLog = { debug() {}, info() {}, warn() {}, error() {} };
