// npm run lock:complete: adds to package-lock.json the packages of other platforms that npm has left out.
//
// npm records only what it could look at: with node_modules present, or a registry that offers one platform, the native
// packages of the others are missing afterwards, and then `npm ci` fails everywhere. Their versions are exact in the
// package that wants them and their platform is in their name, so they can be written down without being downloaded.

import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { Problem, done, script } from './lib/console.mjs'
import { ROOT } from './lib/process.mjs'

const LOCK = join(ROOT, 'package-lock.json')
const SYSTEMS = ['aix', 'android', 'darwin', 'freebsd', 'linux', 'netbsd', 'openbsd', 'openharmony', 'sunos', 'win32']
const PROCESSORS = ['arm', 'arm64', 'ia32', 'loong64', 'mips64el', 'ppc64', 'riscv64', 's390x', 'x64']

await script(() => {
  const lock = JSON.parse(readFileSync(LOCK, 'utf8'))
  const added = complete(lock)
  if (added.length === 0) return done('package-lock.json is complete')
  const [root, ...others] = Object.keys(lock.packages)
  const order = [root, ...others.sort((a, b) => a.localeCompare(b, 'en'))]
  lock.packages = Object.fromEntries(order.map((path) => [path, lock.packages[path]]))
  writeFileSync(LOCK, `${JSON.stringify(lock, null, 2)}\n`)
  added.forEach((path) => done(`added ${path}`))
})

function complete({ packages }) {
  const added = []
  for (const [path, wanting] of Object.entries(packages)) {
    for (const [name, version] of Object.entries(wanting.optionalDependencies ?? {})) {
      const hoisted = `node_modules/${name}`
      if (packages[hoisted] || packages[`${path}/${hoisted}`]) continue
      packages[hoisted] = { ...entry(name, version), dev: wanting.dev, license: wanting.license, engines: wanting.engines }
      added.push(hoisted)
    }
  }
  return added
}

function entry(name, version) {
  const words = name.split('/').pop().split('-')
  const system = SYSTEMS.find((known) => words.includes(known))
  const processor = PROCESSORS.find((known) => words.includes(known))
  if (!system || !processor || !/^\d/.test(version)) {
    throw new Problem(`the platform of ${name} ${version} cannot be read from its name`, 'npm install')
  }
  const musl = words.some((word) => word.startsWith('musl'))
  const glibc = words.some((word) => word.startsWith('gnu'))
  return {
    version,
    cpu: [processor],
    ...(system === 'linux' && (musl || glibc) ? { libc: [musl ? 'musl' : 'glibc'] } : {}),
    optional: true,
    os: [system],
  }
}
