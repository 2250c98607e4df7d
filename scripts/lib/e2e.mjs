// The end-to-end suites: people's paths in a real browser and in the real desktop window.

import { withVirtualDisplay } from './display.mjs'
import { run } from './process.mjs'

export const browserTests = () => run('npm', ['run', '--silent', 'e2e:browser'])

/** On Linux with a screen and a session bus of their own, so that neither the user's keyring nor their window is touched. */
export function desktopTests() {
  if (process.platform !== 'linux') return run('npm', ['run', '--silent', 'e2e:desktop'])
  return withVirtualDisplay((display) =>
    run('dbus-run-session', ['--', 'npm', 'run', '--silent', 'e2e:desktop'], {
      env: { DISPLAY: display, WAYLAND_DISPLAY: '' },
      what: 'the desktop suite',
    }),
  )
}
