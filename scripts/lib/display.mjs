// Where a window can appear.

/** macOS and Windows always have a desktop session; on Linux one must be announced. */
export function hasDisplay() {
  if (process.platform !== 'linux') return true
  return Boolean(process.env.DISPLAY || process.env.WAYLAND_DISPLAY)
}
