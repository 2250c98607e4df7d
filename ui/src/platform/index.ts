import { createContext, useContext } from "react";
import type { Platform } from "./types";

export { proofHeaders } from "./proof";
export type * from "./types";

/** Chooses the host's implementation: the one place that looks which host it is. */
export async function detectPlatform(): Promise<Platform> {
  if ("__TAURI_INTERNALS__" in window) return (await import("./tauri")).desktop();
  return (await import("./browser")).browser();
}

const PlatformContext = createContext<Platform | null>(null);
export const PlatformProvider = PlatformContext.Provider;

export function usePlatform(): Platform {
  const platform = useContext(PlatformContext);
  if (!platform) throw new Error("usePlatform outside PlatformProvider");
  return platform;
}
