// The part of a logger that this room uses; pino has it. Values go into fields, since the sentence is the kind of a line, which has a rate.
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

/** For tests and tools without output. */
export const silentLog: DbLog = { debug() {}, info() {}, warn() {}, error() {} };
