/** Gives `blob` to the reader as a file. */
export function saveFile(blob: Blob, name: string): void {
  const address = URL.createObjectURL(blob);
  const link = document.createElement('a');
  link.href = address;
  link.download = name;
  link.click();
  // The browser has its own copy once the download has begun.
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}
