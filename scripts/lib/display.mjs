// Where a window can appear.

import { spawn } from 'node:child_process'

import { Problem } from './console.mjs'

/** macOS and Windows always have a desktop session; on Linux one must be announced. */
export function hasDisplay() {
  if (process.platform !== 'linux') return true
  return Boolean(process.env.DISPLAY || process.env.WAYLAND_DISPLAY)
}

/** Runs `body` with the name of a private virtual screen, and removes the screen afterwards. */
export async function withVirtualDisplay(body) {
  const DISPLAY_PIPE = 3
  const server = spawn(
    'Xvfb',
    ['-displayfd', String(DISPLAY_PIPE), '-screen', '0', '1280x800x24', '-nolisten', 'tcp'],
    { stdio: ['ignore', 'ignore', 'ignore', 'pipe'] },
  )
  const ended = new Promise((resolve) => server.once('exit', resolve))
  try {
    const number = await new Promise((resolve, reject) => {
      server.once('error', (error) => reject(new Problem(`Xvfb could not be started: ${error.message}`)))
      server.once('exit', () => reject(new Problem('Xvfb ended before it had a screen')))
      server.stdio[DISPLAY_PIPE].once('data', (data) => resolve(String(data).trim()))
    })
    return await body(`:${number}`)
  } finally {
    server.kill()
    await ended
  }
}
