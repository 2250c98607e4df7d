import { fileURLToPath } from "node:url";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

/** Where a developer's daemon listens; the dev server forwards the API to it. */
const DAEMON = process.env["SIGNALBOX_URL"] ?? "http://127.0.0.1:4242";

export default defineConfig({
  root: fileURLToPath(new URL(".", import.meta.url)),
  // Relative, because the same files are served at /app/ by the daemon and from the desktop bundle.
  base: "./",
  plugins: [react()],
  build: {
    // The oldest engines whose CSS has light-dark() and oklch(): the tokens need both.
    target: ["chrome123", "safari17.5", "firefox121"],
    // A data: URI is refused by the content security policy.
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 900,
  },
  server: {
    host: "127.0.0.1",
    port: 5173,
    strictPort: true,
    proxy: {
      "/v1": DAEMON,
      "/health": DAEMON,
      "/ready": DAEMON,
    },
  },
  test: {
    // What needs a page says so in its first line: making one takes longer than most tests.
    environment: "node",
    include: ["src/**/*.test.{ts,tsx}"],
    setupFiles: ["src/mocks/setup.ts"],
    restoreMocks: true,
    testTimeout: 30_000,
    css: false,
  },
});
