const REVOKE_AFTER_MS = 60_000;

/** As a file among the downloads. Nothing leaves the device. */
export function saveText(fileName: string, text: string): void {
  const url = URL.createObjectURL(new Blob([text], { type: 'text/plain;charset=utf-8' }));
  const link = document.createElement('a');
  link.href = url;
  link.download = fileName;
  link.click();
  // A browser may read it late, after asking where to put it.
  setTimeout(() => URL.revokeObjectURL(url), REVOKE_AFTER_MS);
}
