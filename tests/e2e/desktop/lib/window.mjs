// The real window, driven through WebKitWebDriver with nothing but fetch.

import { mkdirSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { descendants, gone, runs } from './processes.mjs'
import { until } from './until.mjs'

const ROOT = fileURLToPath(new URL('../../../../', import.meta.url))
const ELEMENT = 'element-6066-11e4-a52e-4f735466cecf'

/** The window under test; its runtime lies beside it. */
export const PROGRAM = process.env.SIGNALBOX_DESKTOP ?? join(ROOT, 'target/debug/signalbox-desktop')

export class Window {
  #driver
  #address
  #session
  #shell

  /** Opens the window on `desk` and waits for its page. */
  static async open(desk, { program = PROGRAM, args = [], env = {} } = {}) {
    const window = new Window()
    const port = await freePort()
    window.#address = `http://127.0.0.1:${port}`
    window.#driver = desk.spawn('WebKitWebDriver', [`--port=${port}`, '--host=127.0.0.1'], {
      stdio: ['ignore', 'ignore', process.env.SIGNALBOX_E2E_LOGS ? 'inherit' : 'ignore'],
      env: { TAURI_WEBVIEW_AUTOMATION: 'true', ...env },
    })
    await until('the driver', () => window.#call('GET', '/status'))
    const capabilities = { alwaysMatch: { 'webkitgtk:browserOptions': { binary: program, args } } }
    const { sessionId } = await window.#call('POST', '/session', { capabilities })
    window.#session = `/session/${sessionId}`
    window.#shell = descendants(window.#driver.pid).find(({ command }) => command.startsWith(program)).pid
    await until('the page', () => window.attribute('[data-testid="runtime-badge"]', 'data-phase'))
    return window
  }

  async #call(method, path, body) {
    const response = await fetch(this.#address + path, {
      method,
      headers: { 'content-type': 'application/json' },
      body: body === undefined ? undefined : JSON.stringify(body),
    })
    const { value } = await response.json()
    if (!response.ok) throw new Error(`${method} ${path}: ${value?.error} ${value?.message}`)
    return value
  }

  async #element(css) {
    const found = await this.#call('POST', `${this.#session}/element`, { using: 'css selector', value: css })
    return `${this.#session}/element/${found[ELEMENT]}`
  }

  async text(css) {
    return this.#call('GET', `${await this.#element(css)}/text`)
  }

  async attribute(css, name) {
    return this.#call('GET', `${await this.#element(css)}/attribute/${name}`)
  }

  async click(css) {
    await this.#call('POST', `${await this.#element(css)}/click`, {})
  }

  script(script, ...args) {
    return this.#call('POST', `${this.#session}/execute/sync`, { script, args })
  }

  /** The same for a script that calls its last argument when it is done. */
  scriptAsync(script, ...args) {
    return this.#call('POST', `${this.#session}/execute/async`, { script, args })
  }

  /** Asks the shell, as the page does. */
  async invoke(command, args = {}) {
    const script = `
      const [command, args, done] = arguments
      window.__TAURI_INTERNALS__.invoke(command, args).then((value) => done({ value }), (error) => done({ error }))
    `
    const { value, error } = await this.scriptAsync(script, command, args)
    if (error) throw new Error(`${command}: ${JSON.stringify(error)}`)
    return value
  }

  /** Goes to a page, such as `#/diagnostics`. */
  go(hash) {
    return this.script('location.hash = arguments[0]', hash)
  }

  /** A key press as the page's own listeners see it. */
  press(key, options = {}) {
    const script = `
      const event = new KeyboardEvent('keydown', { key: arguments[0], bubbles: true, cancelable: true, ...arguments[1] });
      (document.activeElement ?? document.body).dispatchEvent(event)
    `
    return this.script(script, key, options)
  }

  phase() {
    return this.attribute('[data-testid="runtime-badge"]', 'data-phase')
  }

  /** The status once the badge shows `phase`. */
  async shows(phase) {
    await until(`the badge showing ${phase}`, async () => (await this.phase()) === phase)
    return this.invoke('runtime_status')
  }

  /** Requests to the runtime as its owner. */
  async api(method, path, body) {
    const { url, token } = await this.invoke('connection')
    const response = await fetch(url + path, {
      method,
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: body === undefined ? undefined : JSON.stringify(body),
    })
    const answer = await response.json()
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${JSON.stringify(answer)}`)
    return answer
  }

  /** The process of the shell. */
  get shellPid() {
    return this.#shell
  }

  /** Keeps a picture of the page in test-results/desktop. */
  async picture(name) {
    const path = join(ROOT, 'test-results/desktop', `${name}.png`)
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, Buffer.from(await this.#call('GET', `${this.#session}/screenshot`), 'base64'))
    return path
  }

  /** Ends the shell as a person's session would, waits until it has gone, and ends the driver. */
  async close() {
    if (this.#driver.exitCode !== null || this.#driver.signalCode !== null) return
    // Not by deleting the session: that kills the shell, or not, depending on who is faster.
    if (runs(this.#shell)) process.kill(this.#shell, 'SIGTERM')
    await gone([this.#shell])
    const ended = new Promise((resolve) => this.#driver.once('exit', resolve))
    this.#driver.kill()
    await ended
  }
}

function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address()
      server.close(() => resolve(port))
    })
  })
}
