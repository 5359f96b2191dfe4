/** A document's name on the wire: `<tabloId>/<epoch>`. A tablo's live document is replaced by a fresh one now and then; the epoch counts them from 1. */
import { isTabloId, type TabloId } from './ids.ts';

export interface DocumentName {
  readonly tabloId: TabloId;
  /** 1, 2, 3, … */
  readonly epoch: number;
}

const EPOCH = /^[1-9][0-9]{0,8}$/;

export function encodeDocumentName({ tabloId, epoch }: DocumentName): string {
  return `${tabloId}/${epoch}`;
}

/** `null` for anything but the one spelling that `encodeDocumentName` gives. */
export function parseDocumentName(name: string): DocumentName | null {
  const slash = name.indexOf('/');
  const tabloId = name.slice(0, slash);
  const epoch = name.slice(slash + 1);
  if (slash < 0 || !isTabloId(tabloId) || !EPOCH.test(epoch)) return null;
  return { tabloId, epoch: Number(epoch) };
}
