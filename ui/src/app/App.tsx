import { focusManager, QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { useEffect, useState } from "react";
import { Api } from "../api/client";
import { DoorProvider, keepFresh } from "../api/context";
import { LiveStream } from "../api/live";
import { isFinal } from "../api/problem";
import { PlatformProvider, type Platform } from "../platform";
import type { makeRouter } from "./router";

/** A failed question is asked again this often before the failure is shown. */
const RETRIES = 2;
/** Live events say when something changed; without them, this is how long an answer counts as new. */
const FRESH_MS = 30_000;

// Hidden in the tray the page still watches and can be asked for things: nothing waits until it is looked at.
focusManager.setFocused(true);

interface AppProps {
  platform: Platform;
  router: ReturnType<typeof makeRouter>;
}

export function App({ platform, router }: AppProps) {
  const [parts] = useState(() => {
    const api = new Api(platform);
    const queries = new QueryClient({
      defaultOptions: {
        queries: {
          staleTime: FRESH_MS,
          // The runtime is on this machine: being offline says nothing about it.
          networkMode: "always",
          retry: (failures, problem) => failures < RETRIES && !isFinal(problem),
        },
        mutations: { networkMode: "always" },
      },
    });
    return { api, queries, live: new LiveStream(api) };
  });
  const { live, queries } = parts;
  useEffect(() => {
    const stop = keepFresh(live, queries);
    live.start();
    return () => {
      live.stop();
      stop();
    };
  }, [live, queries]);
  return (
    <PlatformProvider value={platform}>
      <QueryClientProvider client={queries}>
        <DoorProvider value={parts}>
          <RouterProvider router={router} />
        </DoorProvider>
      </QueryClientProvider>
    </PlatformProvider>
  );
}
