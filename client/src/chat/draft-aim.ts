/**
 * What a tablo's composer is aimed at: a new message, an answer to one, or a new text for one. It is private to this device: the server receives the
 * draft's text and nothing else [T6].
 *
 * An edit has a text of its own, so that the draft of the tablo waits untouched until the edit ends [R8].
 */
import type { EntryId, UserId } from '@tablo/schema/ids';

/** The message as it was when it was picked: it may be deleted since, or not be among those that are loaded. */
export interface AimTarget {
  readonly id: EntryId;
  readonly author: UserId;
  readonly text: string;
  readonly shownAt: number;
}

export interface EditUnderWay {
  readonly target: AimTarget;
  /** What stands in the field. */
  readonly text: string;
}

export interface Aim {
  readonly replyTo: AimTarget | null;
  readonly edit: EditUnderWay | null;
}

/** `at`: of two on one device the later stands. */
export interface StampedAim extends Aim {
  readonly at: number;
}

export const NO_AIM: StampedAim = { replyTo: null, edit: null, at: 0 };

/** Something would be lost with it. */
export const isChangedEdit = (edit: EditUnderWay | null): edit is EditUnderWay =>
  edit !== null && edit.text.trim() !== '' && edit.text.trim() !== edit.target.text.trim();

/** Absent in records of an earlier release. */
export const laterAim = (left: StampedAim | undefined, right: StampedAim | undefined): StampedAim | undefined =>
  (right?.at ?? 0) >= (left?.at ?? 0) ? (right ?? left) : left;
