// How the scripts call cargo. One place, so that every call resolves the same features and nothing compiles twice.

import { join } from 'node:path'

import { ROOT, run } from './process.mjs'

/** What `npm start` builds with: release without the slow link step (docs/adr/0004-start-profile.md). */
export const START_PROFILE = 'start'

/** Embeds ui/dist in the window instead of loading it from the development server. */
const EMBEDDED_UI = ['--features', 'tauri/custom-protocol']

/** The arguments shared by build, test and clippy in `npm test`. */
export const WHOLE_WORKSPACE = ['--workspace', ...EMBEDDED_UI]

export const executable = (profileFolder, name) =>
  join(ROOT, 'target', profileFolder, process.platform === 'win32' ? `${name}.exe` : name)

/** The runtime, and with `desktop` the window around it. */
export function buildProduct({ desktop }) {
  const packages = desktop
    ? ['--package', 'daemon', '--package', 'signalbox-desktop', ...EMBEDDED_UI]
    : ['--package', 'daemon']
  return run('cargo', ['build', '--profile', START_PROFILE, '--bins', ...packages])
}
