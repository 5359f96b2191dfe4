import type { Result } from '@tablo/schema/result';
import { AppError, type RestRefusal } from '../base/app-error.ts';

/** A refusal as an answer. */
export function unwrap<T>(result: Result<T, RestRefusal>): T {
  if (!result.ok) throw new AppError(result.error);
  return result.value;
}
