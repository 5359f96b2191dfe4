/** A REST answer that is an error. Thrown by routes, turned into JSON by `respond.ts` alone. */
import { REASONS, type Refusal } from '@tablo/schema/close-codes';
import type { ErrorCode, REST_CODES } from '@tablo/schema/rest/common';

/** An expected outcome below the routes: a code, and the sentence for people. */
export interface RestRefusal {
  readonly code: ErrorCode;
  readonly message: string;
}

export type ErrorStatus = 400 | 401 | 403 | 404 | 409 | 413 | 429 | 500 | 503;

const REST_STATUS: Readonly<Record<(typeof REST_CODES)[number], ErrorStatus>> = {
  'invalid-request': 400,
  'not-found': 404,
  'last-owner': 409,
  'message-deleted': 409,
  internal: 500,
};

export const ERROR_STATUS: Readonly<Record<ErrorCode, ErrorStatus>> = {
  ...REST_STATUS,
  ...(Object.fromEntries(Object.entries(REASONS).map(([code, { status }]) => [code, status])) as Record<
    Refusal['code'],
    ErrorStatus
  >),
};

export class AppError extends Error {
  override readonly name = 'AppError';
  readonly code: ErrorCode;
  readonly status: ErrorStatus;

  constructor({ code, message }: RestRefusal, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    this.status = ERROR_STATUS[code];
  }
}

/** The error for `code` of the table of reasons, with its sentence or with `message`. */
export const refusal = (code: Refusal['code'], message: string = REASONS[code].message): RestRefusal => ({
  code,
  message,
});

export const invalidRequest = (message: string): AppError => new AppError({ code: 'invalid-request', message });
export const notFound = (message = 'There is nothing at this address.'): AppError =>
  new AppError({ code: 'not-found', message });
/** [R6] One answer, whether the tablo does not exist or the caller does not belong to it. */
export const forbidden = (): AppError => new AppError(refusal('forbidden'));
