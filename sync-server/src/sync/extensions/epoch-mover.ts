/** Moves a tablo to a fresh document, whether anybody is in it or not. */
import type { Hocuspocus } from '@hocuspocus/server';
import { type DocumentName, encodeDocumentName } from '@tablo/schema/document-name';
import type { Ledger } from '../../ledger/ledger.ts';
import type { LiveDocuments } from './documents-extension.ts';

interface Deps {
  readonly hocuspocus: Hocuspocus;
  readonly documents: LiveDocuments;
  readonly ledger: Ledger;
}

export function createEpochMover({ hocuspocus, documents, ledger }: Deps): (name: DocumentName) => Promise<void> {
  return async (name) => {
    if (ledger.awaySince !== null) return;
    // A document that cannot be loaded was logged where it failed. A document that has moved already needs no move.
    const direct = await hocuspocus.openDirectConnection(encodeDocumentName(name)).catch(() => null);
    const document = direct?.document ?? null;
    if (direct === null || document === null) return;
    try {
      const live = document.isDestroyed ? undefined : documents.of(document);
      if (live !== undefined) await ledger.move(live);
    } finally {
      if (!document.isDestroyed) await direct.disconnect({ unloadImmediately: false });
    }
  };
}
