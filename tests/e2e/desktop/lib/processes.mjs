// Processes as Linux shows them.

import { readFileSync, readdirSync } from 'node:fs'

import { until } from './until.mjs'

/** Whether the process runs; one that has ended but was not collected does not. */
export function runs(pid) {
  try {
    const state = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)[0]
    return state !== 'Z' && state !== 'X'
  } catch {
    return false
  }
}

/** Children, grandchildren and so on, with their command lines. */
export function descendants(pid) {
  const parents = new Map()
  for (const entry of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      const parent = Number(readFileSync(`/proc/${entry}/stat`, 'utf8').split(') ').at(-1).split(' ')[1])
      parents.set(Number(entry), parent)
    } catch {
      // Ended meanwhile.
    }
  }
  const below = (ancestor) => [...parents].filter(([, parent]) => parent === ancestor).flatMap(([child]) => [child, ...below(child)])
  return below(pid).map((child) => ({ pid: child, command: commandLine(child) }))
}

function commandLine(pid) {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim()
  } catch {
    return ''
  }
}

export const gone = (pids) => until(`end of ${pids.join(', ')}`, () => pids.every((pid) => !runs(pid)))
