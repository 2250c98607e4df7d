// A desktop of its own for each test: home, data, session bus, keyring and, if there is none, a screen.

import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

import { until } from './until.mjs'

/** Prints the address of the session bus and stays until its input closes. */
const SESSION = `
  if [ "$1" = keyring ]; then printf desk | gnome-keyring-daemon --unlock --components=secrets >&2; fi
  echo "$DBUS_SESSION_BUS_ADDRESS"
  cat
`

/** Enough of a bus for a desktop without any keyring: no service is started by name. */
const BARE_BUS = `<busconfig>
  <type>session</type><listen>unix:tmpdir=/tmp</listen>
  <policy context="default"><allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/><allow own="*"/></policy>
</busconfig>`

export class Desk {
  #session
  #screen

  /** `keyring: false` is a desktop where nothing keeps secrets. `home` reuses what another desk left. */
  static async open({ keyring = true, home = mkdtempSync(join(tmpdir(), 'signalbox-desk-')) } = {}) {
    const desk = new Desk()
    desk.home = home
    desk.dataDir = join(home, 'data')
    const runtimeDir = join(home, 'runtime')
    mkdirSync(runtimeDir, { recursive: true, mode: 0o700 })
    desk.env = {
      PATH: process.env.PATH,
      LANG: 'C.UTF-8',
      HOME: home,
      XDG_RUNTIME_DIR: runtimeDir,
      XDG_DATA_HOME: join(home, 'share'),
      XDG_CONFIG_HOME: join(home, 'config'),
      XDG_CACHE_HOME: join(home, 'cache'),
      SIGNALBOX_DATA_DIR: desk.dataDir,
      SIGNALBOX_LISTEN: '127.0.0.1:0',
      DISPLAY: process.env.DISPLAY || (await desk.#openScreen()),
      GDK_BACKEND: 'x11',
    }
    await desk.#openSession(keyring)
    return desk
  }

  async #openScreen() {
    const SCREEN_PIPE = 3
    const stdio = ['ignore', 'ignore', 'ignore', 'pipe']
    this.#screen = spawn('Xvfb', ['-displayfd', String(SCREEN_PIPE), '-screen', '0', '1440x960x24', '-nolisten', 'tcp'], { stdio })
    const number = await firstLine(this.#screen, this.#screen.stdio[SCREEN_PIPE])
    return `:${number}`
  }

  async #openSession(keyring) {
    const config = keyring ? [] : [`--config-file=${this.#bareBus()}`]
    const args = [...config, '--', 'sh', '-c', SESSION, 'session', keyring ? 'keyring' : 'bare']
    this.#session = spawn('dbus-run-session', args, { env: this.env, stdio: ['pipe', 'pipe', 'ignore'] })
    this.env.DBUS_SESSION_BUS_ADDRESS = await firstLine(this.#session, this.#session.stdout)
  }

  #bareBus() {
    const path = join(this.home, 'bare-bus.conf')
    writeFileSync(path, BARE_BUS)
    return path
  }

  /** Runs a program on this desk to its end. */
  async run(program, args = []) {
    const child = this.spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] })
    let stdout = ''
    let stderr = ''
    child.stdout.on('data', (data) => (stdout += data))
    child.stderr.on('data', (data) => (stderr += data))
    const code = await new Promise((resolve, reject) => child.once('error', reject).once('close', resolve))
    return { code, stdout, stderr }
  }

  spawn(program, args = [], { env = {}, ...options } = {}) {
    return spawn(program, args, { ...options, env: { ...this.env, ...env } })
  }

  /** Leaves. `keep` leaves the home for another desk. */
  async close({ keep = false } = {}) {
    await ended(this.#session, () => this.#session.stdin.end())
    if (this.#screen) await ended(this.#screen, () => this.#screen.kill())
    if (keep) return
    // The web view's processes end a moment after their window, and write until then.
    await until('an empty home', () => {
      rmSync(this.home, { recursive: true, force: true })
      return true
    })
  }
}

async function firstLine(child, stream) {
  const lines = createInterface({ input: stream })
  const line = await new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', (code) => reject(new Error(`${child.spawnfile} ended with ${code}`)))
    lines.once('line', resolve)
  })
  return line.trim()
}

function ended(child, end) {
  if (child.exitCode !== null || child.signalCode !== null) return undefined
  const exited = new Promise((resolve) => child.once('exit', resolve))
  end()
  return exited
}
