// The end-to-end suites: people's paths in a real browser and in the real desktop window.

import { run } from './process.mjs'

export const browserTests = () => run('npm', ['run', '--silent', 'e2e:browser'])

/** Without a display each test opens a screen of its own, so windows neither cover each other nor the user's work. */
export const desktopTests = () =>
  run('npm', ['run', '--silent', 'e2e:desktop'], { env: { DISPLAY: '', WAYLAND_DISPLAY: '' } })
