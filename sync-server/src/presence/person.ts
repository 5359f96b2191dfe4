import type { UserId } from '@tablo/schema/ids';

/** Somebody, as others see them. */
export interface Person {
  readonly id: UserId;
  readonly name: string;
}
