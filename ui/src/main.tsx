import "@fontsource-variable/inter";
import "@fontsource-variable/jetbrains-mono";
import "./styles/tokens.css";
import "./styles/base.css";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { App } from "./app/App";
import { makeRouter } from "./app/router";
import { detectPlatform } from "./platform";
import { applyAppearance } from "./preferences/preferences";

applyAppearance();

// Only in the mock build: a whole runtime that lives in the page, for working on the interface alone.
if (import.meta.env.MODE === "mock") await (await import("./mocks/browser")).startMock();

const platform = await detectPlatform();
const root = document.getElementById("root");
if (root) {
  createRoot(root).render(
    <StrictMode>
      <App platform={platform} router={makeRouter()} />
    </StrictMode>,
  );
}
