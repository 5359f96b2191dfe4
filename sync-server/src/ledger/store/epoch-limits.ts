/**
 * [R9] When a tablo's live document gives way to a fresh one. A document costs everybody who opens the tablo, so it is bounded by what it costs: bytes to
 * send, entries to fold, clientIDs that every state vector names.
 */
import { EPOCH_MAX_BYTES, EPOCH_MAX_CLIENTS, EPOCH_MAX_ENTRIES } from '@tablo/schema/limits';
import type { DocumentSize, EpochLimits } from '../../config/limit-settings.ts';

export const EPOCH_LIMITS: EpochLimits = {
  entries: EPOCH_MAX_ENTRIES,
  bytes: EPOCH_MAX_BYTES,
  clients: EPOCH_MAX_CLIENTS,
};

/** The least share of the bound by which a document grows before it moves: what it began with may be near the bound already. */
const MIN_GROWTH = 1 / 4;

/** It moves now, whoever is writing. `began`: what the server put there when the epoch began, which is nobody's writing. */
export function isFull(size: DocumentSize, began: DocumentSize, limits: EpochLimits): boolean {
  return (
    size.entries - began.entries >= limits.entries ||
    size.bytes >= maxBytes(began, limits) ||
    size.clients >= limits.clients
  );
}

/** It moves when nobody has written for a while: half of the way from what it began with to full. */
export function isHalfFull(size: DocumentSize, began: DocumentSize, limits: EpochLimits): boolean {
  return (
    size.entries - began.entries >= limits.entries / 2 ||
    size.bytes - began.bytes >= (maxBytes(began, limits) - began.bytes) / 2 ||
    size.clients >= limits.clients / 2
  );
}

const maxBytes = (began: DocumentSize, { bytes }: EpochLimits): number =>
  Math.max(bytes, began.bytes + bytes * MIN_GROWTH);
