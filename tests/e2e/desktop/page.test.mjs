// What the page in the window may not do, whatever text it shows.

import assert from 'node:assert/strict'
import { createServer } from 'node:http'

import { inWindow } from './lib/on-desk.mjs'

inWindow('no script but its own runs in the page', async ({ window }) => {
  const ran = await window.scriptAsync(`
    const done = arguments[0]
    const script = document.createElement('script')
    script.textContent = 'window.smuggled = true'
    document.head.append(script)
    const holder = document.createElement('div')
    holder.innerHTML = '<img onerror="window.smuggled = true">'
    // Added after the smuggled one: when this is heard, the other has had its turn.
    holder.firstChild.addEventListener('error', () => done(window.smuggled === true))
    holder.firstChild.src = 'x:'
  `)
  assert.equal(ran, false)
})

inWindow('the window does not leave its page', async ({ window }) => {
  const elsewhere = createServer((_, response) => response.end('elsewhere')).unref()
  const port = await new Promise((resolve) => elsewhere.listen(0, '127.0.0.1', () => resolve(elsewhere.address().port)))
  await window.script(`location.href = arguments[0]`, `http://127.0.0.1:${port}/`)
  await window.shows('healthy')
  assert.match(await window.script('return location.href'), /^tauri:\/\/localhost/)
  assert.equal(await window.script('return window.open("about:blank") === null'), true)
})
