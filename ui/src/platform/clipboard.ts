import { strings } from "./strings";

/** Puts text on the clipboard; rejects with a sentence when the page may not. */
export async function copyText(text: string): Promise<void> {
  if (navigator.clipboard) {
    await navigator.clipboard.writeText(text);
    return;
  }
  throw new Error(strings.noClipboard);
}
