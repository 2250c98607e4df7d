/** Runs before each test file. */
import { cleanup, configure } from "@testing-library/react";
import { afterEach } from "vitest";

// How long a condition may take on a machine that is busy with other things. Nothing waits for it when all is well.
configure({ asyncUtilTimeout: 15_000 });

// jsdom does no layout: a virtual list would have no room for any row.
const VIEWPORT_PX = { width: 1000, height: 700 };
const ROW_PX = 32;

const heightOf = (element: HTMLElement): number =>
  element.dataset["index"] === undefined ? VIEWPORT_PX.height : ROW_PX;

function giveLayout(): void {
  Object.defineProperties(HTMLElement.prototype, {
    offsetWidth: { configurable: true, get: () => VIEWPORT_PX.width },
    offsetHeight: {
      configurable: true,
      get(this: HTMLElement) {
        return heightOf(this);
      },
    },
    clientWidth: { configurable: true, get: () => VIEWPORT_PX.width },
    clientHeight: { configurable: true, get: () => VIEWPORT_PX.height },
    scrollHeight: {
      configurable: true,
      get(this: HTMLElement) {
        const canvas = this.firstElementChild;
        const height = canvas instanceof HTMLElement ? Number.parseFloat(canvas.style.height) : Number.NaN;
        return Math.max(VIEWPORT_PX.height, Number.isNaN(height) ? 0 : height);
      },
    },
  });
  Element.prototype.scrollTo = function scrollTo(this: Element, to?: ScrollToOptions | number) {
    this.scrollTop = typeof to === "object" ? (to.top ?? 0) : 0;
    this.dispatchEvent(new Event("scroll"));
  };
  window.scrollTo = () => undefined;
  Element.prototype.scrollIntoView = function scrollIntoView() {};
  globalThis.ResizeObserver = class {
    observe() {}
    unobserve() {}
    disconnect() {}
  };
}

// Most tests are of pure functions and run without a page.
if (typeof window !== "undefined") giveLayout();

afterEach(() => {
  if (typeof window === "undefined") return;
  cleanup();
  localStorage.clear();
});
