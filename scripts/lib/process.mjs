// Starting other programs: with visible output, captured, or in the foreground until a signal ends them.

import { spawn, spawnSync } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { Problem } from './console.mjs'

/** The repository: every script may be started from any folder. */
export const ROOT = fileURLToPath(new URL('../..', import.meta.url))

const windows = process.platform === 'win32'

/** npm and npx are command files on Windows, which only a shell can start. */
const needsShell = (command) => windows && (command === 'npm' || command === 'npx')

/** Full path of a program on PATH, or undefined. */
export function onPath(name) {
  const suffixes = windows ? ['.exe', '.cmd', ''] : ['']
  for (const folder of (process.env.PATH ?? '').split(delimiter)) {
    for (const suffix of suffixes) {
      const candidate = join(folder, name + suffix)
      try {
        accessSync(candidate, constants.X_OK)
        return candidate
      } catch {
        continue
      }
    }
  }
  return undefined
}

/** Standard output of a short command, or undefined when it cannot be started or fails. */
export function capture(command, args) {
  const result = spawnSync(command, args, { cwd: ROOT, encoding: 'utf8', shell: needsShell(command) })
  return result.status === 0 ? result.stdout : undefined
}

/** Runs a command with its output shown and nothing on standard input; a failure stops the script. */
export function run(command, args, { env = {}, what } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd: ROOT,
      env: { ...process.env, ...env },
      shell: needsShell(command),
      stdio: ['ignore', 'inherit', 'inherit'],
    })
    child.once('error', (error) => reject(new Problem(`${command} could not be started: ${error.message}`)))
    child.once('exit', (code, signal) => {
      if (code === 0) resolve()
      else reject(new Problem(`${what ?? [command, ...args].join(' ')} failed (${signal ?? `exit code ${code}`})`))
    })
  })
}

/**
 * Runs the product itself until it ends. Resolves to its exit code.
 *
 * Ctrl-C in a terminal reaches the whole process group, so the child hears it without us; a signal sent to this
 * process alone (a service manager, `npm` in a pipe) is passed on. Either way we stay until the child has gone.
 */
export function foreground(command, args, { env = {}, onLine } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd: ROOT,
      env: { ...process.env, ...env },
      shell: needsShell(command),
      stdio: ['inherit', onLine ? 'pipe' : 'inherit', 'inherit'],
    })
    const interrupted = () => {
      if (!process.stdin.isTTY) child.kill('SIGINT')
    }
    const terminated = () => child.kill('SIGTERM')
    process.on('SIGINT', interrupted)
    process.on('SIGTERM', terminated)
    process.on('SIGHUP', terminated)
    if (onLine) {
      let rest = ''
      child.stdout.setEncoding('utf8')
      child.stdout.on('data', (text) => {
        const lines = (rest + text).split('\n')
        rest = lines.pop()
        lines.forEach(onLine)
      })
    }
    child.once('error', (error) => reject(new Problem(`${command} could not be started: ${error.message}`)))
    child.once('close', (code, signal) => {
      process.off('SIGINT', interrupted)
      process.off('SIGTERM', terminated)
      process.off('SIGHUP', terminated)
      resolve(signal ? 0 : code)
    })
  })
}
