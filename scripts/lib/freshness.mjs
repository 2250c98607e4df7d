// Work that is done once per state of its inputs: installing the npm packages and building the UI.

import { createHash } from 'node:crypto'
import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'

import { done, heading } from './console.mjs'
import { ROOT, run } from './process.mjs'

const PACKAGES_STAMP = join(ROOT, 'node_modules', '.signalbox-packages')
const UI_STAMP = join(ROOT, 'node_modules', '.signalbox-ui')

/** `npm ci` when the lock file or Node itself is not what the installed packages came from. */
export async function ensureNodePackages() {
  heading('npm packages')
  const digest = digestOf(['package.json', 'package-lock.json'], process.version)
  if (isStamped(PACKAGES_STAMP, digest)) return done('up to date')
  await run('npm', ['ci', '--no-audit', '--no-fund'], { what: 'npm ci (if a package is "missing from lock file": npm run lock:complete)' })
  writeFileSync(PACKAGES_STAMP, digest)
}

/** What `npm run bench -- --peers` measures us beside: packages of their own, in a folder of their own. */
export const ensurePeers = () => ensureFolder('Peers', join('benches', 'peers'))

/** Clients of other people's that tests hold the runtime against. */
export const ensureClients = () => ensureFolder('Clients', join('tests', 'clients'))

/** Packages of a folder that has its own, which nothing else uses. */
async function ensureFolder(title, folder) {
  heading(title)
  const stamp = join(ROOT, folder, 'node_modules', '.signalbox-packages')
  const digest = digestOf([join(folder, 'package.json'), join(folder, 'package-lock.json')], process.version)
  if (isStamped(stamp, digest)) return done('up to date')
  // None of them needs its install script: they would only compile or report.
  await run('npm', ['ci', '--prefix', folder, '--ignore-scripts', '--no-audit', '--no-fund'])
  writeFileSync(stamp, digest)
}

/** Builds ui/dist when anything it is made of has changed. Returns whether it did. */
export async function ensureUi() {
  heading('User interface')
  const digest = digestOf([...filesUnder(join(ROOT, 'ui')), 'package.json', 'package-lock.json'], process.version)
  if (existsSync(join(ROOT, 'ui', 'dist', 'index.html')) && isStamped(UI_STAMP, digest)) {
    done('up to date')
    return false
  }
  await run('npm', ['run', '--silent', 'build:ui'])
  writeFileSync(UI_STAMP, digest)
  return true
}

const isStamped = (stamp, digest) => existsSync(stamp) && readFileSync(stamp, 'utf8') === digest

/** Names and contents of the files, so that a rename or a removal counts as a change too. */
function digestOf(paths, salt) {
  const hash = createHash('sha256').update(salt)
  for (const path of paths) {
    const content = readFileSync(join(ROOT, path))
    hash.update(`\n${path}\n${content.length}\n`).update(content)
  }
  return hash.digest('hex')
}

const OUTPUT = new Set(['dist', 'node_modules'])

function filesUnder(folder) {
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => !OUTPUT.has(entry.name) && !entry.name.endsWith('.tsbuildinfo'))
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      const path = join(folder, entry.name)
      return entry.isDirectory() ? filesUnder(path) : [relative(ROOT, path)]
    })
}
