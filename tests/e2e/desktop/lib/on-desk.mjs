// A test with a desk and a window of its own; a failure leaves a picture.

import { test } from 'node:test'

import { Desk } from './desk.mjs'
import { Window } from './window.mjs'

/** Kills what a failed test may hang on; no test takes that long. */
const TIMEOUT_MS = 180_000

/** `body` gets the desk, and opens as many windows on it as it likes with `open`. */
export function onDesk(name, options, body) {
  test(name, { timeout: TIMEOUT_MS }, async () => {
    const desk = await Desk.open(options)
    const windows = []
    const open = async (how) => {
      const window = await Window.open(desk, how)
      windows.push(window)
      return window
    }
    try {
      await body({ desk, open })
    } catch (error) {
      const file = name.replaceAll(/[^a-z0-9]+/gi, '-')
      for (const window of windows) await window.picture(file).catch(() => undefined)
      throw error
    } finally {
      for (const window of windows) await window.close()
      await desk.close()
    }
  })
}

/** The same with one window that is healthy. */
export function inWindow(name, body) {
  onDesk(name, {}, async ({ desk, open }) => {
    const window = await open()
    const status = await window.shows('healthy')
    await body({ desk, open, window, status })
  })
}
