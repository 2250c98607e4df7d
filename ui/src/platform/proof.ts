/** Where the proof lies. The storage belongs to this origin alone, and an origin has a port; a cookie has none. */
const STORAGE_KEY = "signalbox.session-proof";

export interface SessionProof {
  /** Read anew each time: another tab may have signed in meanwhile. */
  read(): string | null;
  keep(proof: string): void;
}

/** The half of a browser's session that only pages of this origin can read. */
export function sessionProof(): SessionProof {
  let here: string | null = null;
  return {
    read() {
      try {
        return localStorage.getItem(STORAGE_KEY) ?? here;
      } catch {
        return here;
      }
    },
    keep(proof) {
      here = proof;
      try {
        localStorage.setItem(STORAGE_KEY, proof);
      } catch {
        // Storage may be forbidden: this page stays signed in until it is closed.
      }
    },
  };
}

/** The header that shows a proof. */
export const proofHeaders = (proof: string | null | undefined): Record<string, string> =>
  proof ? { "x-session-proof": proof } : {};
