export const strings = {
  noClipboard: "This page may not use the clipboard.",
  becomeOwner: "signalbox open",
} as const;
