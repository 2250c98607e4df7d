// A notification daemon as people have it (dunst), which writes down what it shows and can be clicked.

import { chmodSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { until } from './until.mjs'

export class NotificationDaemon {
  #desk
  #daemon
  #shown

  static async start(desk) {
    const daemon = new NotificationDaemon()
    daemon.#desk = desk
    daemon.#shown = join(desk.home, 'shown')
    const note = join(desk.home, 'note.sh')
    writeFileSync(note, `#!/bin/sh\nprintf '%s\\037%s\\036' "$DUNST_SUMMARY" "$DUNST_BODY" >> '${daemon.#shown}'\n`)
    chmodSync(note, 0o700)
    const config = join(desk.home, 'dunstrc')
    // Stays until it is clicked; markup is read, as most desktops do.
    writeFileSync(config, `[global]\nmarkup = full\ntimeout = 0\nidle_threshold = 0\n[all]\nscript = ${note}\n`)
    writeFileSync(daemon.#shown, '')
    daemon.#daemon = desk.spawn('dunst', ['-conf', config], { stdio: 'ignore' })
    await until('the notification daemon', async () => (await daemon.#control('is-paused')) === 'false')
    return daemon
  }

  async #control(...args) {
    const { code, stdout, stderr } = await this.#desk.run('dunstctl', args)
    if (code !== 0) throw new Error(`dunstctl ${args.join(' ')}: ${stderr}`)
    return stdout.trim()
  }

  /** Everything that was shown so far, as `{ title, body }`. */
  all() {
    const records = readFileSync(this.#shown, 'utf8').split('\u001e').filter(Boolean)
    return records.map((record) => {
      const [title, body] = record.split('\u001f')
      return { title, body }
    })
  }

  /** How many are on the screen now. */
  async displayed() {
    return Number(await this.#control('count', 'displayed'))
  }

  /** Clicks on the newest: its default action. */
  click() {
    return this.#control('action', '0')
  }

  async stop() {
    const ended = new Promise((resolve) => this.#daemon.once('exit', resolve))
    this.#daemon.kill()
    await ended
  }
}
