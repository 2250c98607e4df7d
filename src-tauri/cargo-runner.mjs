// What `tauri dev` and `tauri build` run instead of cargo.
//
// While developing, a change in runtime/ restarts the window; without this it would come up beside the old runtime,
// because cargo then builds the window's package only.

import { spawnSync } from 'node:child_process'

const cargo = (args) => {
  const { status, error } = spawnSync('cargo', args, { stdio: 'inherit' })
  if (error) throw error
  return status ?? 1
}

const args = process.argv.slice(2)
const built = args[0] === 'run' ? cargo(['build', '--quiet', '--package', 'daemon']) : 0
process.exitCode = built === 0 ? cargo(args) : built
