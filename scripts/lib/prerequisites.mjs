// What must be on the machine before anything can be built. Each thing is recognised by what it provides, not by
// its package name, so a machine that got it another way is left alone; package names are Debian's and Ubuntu's.

import { readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { delimiter, join } from 'node:path'

import { Problem, done, heading, note } from './console.mjs'
import { ROOT, capture, onPath, run } from './process.mjs'

const program = (name, debianPackage = name) => ({ name, debianPackage, present: () => onPath(name) !== undefined })

const pkgConfig = (name, debianPackage) => ({
  name,
  debianPackage,
  present: () => capture('pkg-config', ['--exists', name]) !== undefined,
})

const sharedLibrary = (name, debianPackage) => ({
  name,
  debianPackage,
  present: () => ['ldconfig', '/sbin/ldconfig'].some((command) => capture(command, ['-p'])?.includes(name)),
})

/** To compile anything: SQLite is built from C. */
export const COMPILER = [program('cc', 'build-essential')]

/** To compile and open the desktop window. */
export const DESKTOP = [
  ...COMPILER,
  program('pkg-config'),
  pkgConfig('webkit2gtk-4.1', 'libwebkit2gtk-4.1-dev'),
  sharedLibrary('libayatana-appindicator3.so.1', 'libayatana-appindicator3-1'),
]

/** To run everything `npm test` runs: a real browser, window, keyring, tray and notifications, system calls that fail. */
export const TESTS = [
  ...DESKTOP,
  program('chromium'),
  program('Xvfb', 'xvfb'),
  program('dbus-run-session', 'dbus-x11'),
  program('WebKitWebDriver', 'webkit2gtk-driver'),
  program('gnome-keyring-daemon', 'gnome-keyring'),
  program('secret-tool', 'libsecret-tools'),
  program('busctl', 'systemd'),
  program('dunst'),
  program('xwininfo', 'x11-utils'),
  program('strace'),
  program('ssh-keygen', 'openssh-client'),
]

/** Installs what is missing where that is possible without asking; otherwise names the exact command. */
export async function ensureSystemPackages(requirements) {
  // macOS and Windows bring their own webview; their compilers come with the Rust installation.
  if (process.platform !== 'linux') return
  heading('System packages')
  const missing = requirements.filter((requirement) => !requirement.present())
  if (missing.length === 0) return done('all present')

  const packages = missing.map((requirement) => requirement.debianPackage)
  const install = ['apt-get', 'install', '-y', '--no-install-recommends', '-o', 'DPkg::Lock::Timeout=120', ...packages]
  if (!onPath('apt-get')) {
    throw new Problem(
      `these are missing: ${missing.map((requirement) => requirement.name).join(', ')}.`,
      `Install them with this system's package manager (on Debian: ${packages.join(' ')}).\nSee https://v2.tauri.app/start/prerequisites/`,
    )
  }
  const prefix = privilege()
  if (!prefix) {
    throw new Problem(
      `these packages are missing and installing them needs root: ${packages.join(', ')}.`,
      `sudo apt-get update && sudo ${install.join(' ')}`,
    )
  }
  note(`installing ${packages.join(' ')}`)
  const env = { DEBIAN_FRONTEND: 'noninteractive' }
  await run(...command(prefix, ['apt-get', 'update', '-qq']), { env })
  await run(...command(prefix, install), { env })
  const still = missing.filter((requirement) => !requirement.present())
  if (still.length > 0) {
    throw new Problem(`installed, but still not found: ${still.map((requirement) => requirement.name).join(', ')}`)
  }
}

/** The words that make a command run as root: none for root, sudo when it asks nothing, undefined when neither. */
function privilege() {
  if (process.getuid?.() === 0) return []
  return onPath('sudo') && capture('sudo', ['-n', 'true']) !== undefined ? ['sudo', '-n'] : undefined
}

const command = (prefix, words) => {
  const [first, ...rest] = [...prefix, ...words]
  return [first, rest]
}

/** Node and Rust themselves; they are named, never installed: people choose how they get their toolchains. */
export function ensureToolchains() {
  const { engines } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))
  const nodeWanted = engines.node.replace(/^>=/, '')
  if (!atLeast(process.versions.node, nodeWanted)) {
    throw new Problem(`Node ${nodeWanted} or newer is needed; this is ${process.versions.node}.`, 'https://nodejs.org/')
  }
  // A shell that was open while Rust was installed does not know it yet.
  const cargoHome = process.env.CARGO_HOME ?? join(homedir(), '.cargo')
  if (!onPath('cargo')) process.env.PATH = join(cargoHome, 'bin') + delimiter + (process.env.PATH ?? '')

  const manifest = readFileSync(join(ROOT, 'Cargo.toml'), 'utf8')
  const rustWanted = /^rust-version = "([^"]+)"/m.exec(manifest)?.[1]
  const rustHere = /^rustc (\d+\.\d+\.\d+)/.exec(capture('rustc', ['--version']) ?? '')?.[1]
  if (!rustHere || !onPath('cargo')) {
    throw new Problem(`Rust ${rustWanted} or newer is needed and no cargo was found.`, 'https://rustup.rs/')
  }
  if (!atLeast(rustHere, rustWanted)) {
    throw new Problem(`Rust ${rustWanted} or newer is needed; this is ${rustHere}.`, 'rustup update stable')
  }
}

function atLeast(version, wanted) {
  const [here, there] = [version, wanted].map((text) => text.split('.').map(Number))
  for (let index = 0; index < there.length; index += 1) {
    if ((here[index] ?? 0) !== there[index]) return (here[index] ?? 0) > there[index]
  }
  return true
}
