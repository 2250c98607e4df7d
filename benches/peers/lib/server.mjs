// The server behind a peer: a process of its own on a free port of the loopback interface.

import { spawn } from 'node:child_process'
import { accessSync, constants, openSync, readFileSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { delimiter, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

const ACCEPTS_WITHIN_MS = 60_000
const LOOK_EVERY_MS = 50

/** Full path of a program on PATH or in one of `folders`, or undefined. */
export function program(name, folders = []) {
  return [...(process.env.PATH ?? '').split(delimiter), ...folders].map((folder) => join(folder, name)).find(isProgram)
}

function isProgram(path) {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

export function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address()
      server.close(() => resolve(port))
    })
  })
}

/** Starts a server and waits until it accepts connections on `port`. It is stopped at the end. */
export async function serve(command, args, { atEnd, port, log, stopSignal = 'SIGTERM', ...options }) {
  const output = openSync(log, 'a')
  const child = spawn(command, args, { ...options, stdio: ['ignore', output, output] })
  const ended = new Promise((resolve) => {
    child.once('exit', resolve)
    child.once('error', resolve)
  })
  atEnd(() => {
    child.kill(stopSignal)
    return ended
  })
  const until = performance.now() + ACCEPTS_WITHIN_MS
  while (!(await accepts(port))) {
    if (child.exitCode !== null || performance.now() > until) {
      throw new Error(`${command} does not accept connections: ${readFileSync(log, 'utf8').slice(-2_000)}`)
    }
    await sleep(LOOK_EVERY_MS)
  }
}

function accepts(port) {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    const answer = (yes) => () => {
      socket.destroy()
      resolve(yes)
    }
    socket.once('connect', answer(true)).once('error', answer(false))
  })
}
