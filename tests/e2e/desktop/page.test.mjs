// What the page in the window may not do, whatever text it shows.

import assert from 'node:assert/strict'
import { createServer } from 'node:http'

import { inWindow } from './lib/on-desk.mjs'
import { until } from './lib/until.mjs'

const VIEWS = ['#/timeline', '#/runs', '#/rooms?create=true', '#/search?q=x', '#/start', '#/settings', '#/diagnostics']

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

inWindow('no style but its own is applied, and no view asks for another', async ({ window }) => {
  await window.script(`
    window.refused = []
    document.addEventListener('securitypolicyviolation', (event) => window.refused.push(event.effectiveDirective + ' ' + event.blockedURI))
  `)
  for (const hash of VIEWS) {
    await window.go(hash)
    await until(`a heading at ${hash}`, () => window.script('return document.querySelector("main h1")?.textContent'))
  }
  await window.click('[aria-haspopup="menu"]')
  await until('an open menu', () => window.attribute('[role="menu"]', 'data-state'))
  await window.press('Escape')
  await window.press('k', { ctrlKey: true })
  await until('the palette', () => window.attribute('[role="combobox"]', 'aria-expanded'))
  assert.deepEqual(await window.script('return window.refused'), [])

  await window.script(`
    const style = document.createElement('style')
    style.textContent = 'body { display: none }'
    document.head.append(style)
    const holder = document.createElement('div')
    holder.innerHTML = '<p id="smuggled" style="color: red">x</p>'
    document.body.append(holder)
  `)
  assert.notEqual(await window.script('return getComputedStyle(document.body).display'), 'none')
  assert.equal(await window.script('return document.getElementById("smuggled").style.color'), '')
  assert.match((await window.script('return window.refused')).join(), /style-src/)
})

inWindow('the window does not leave its page', async ({ window }) => {
  const elsewhere = createServer((_, response) => response.end('elsewhere')).unref()
  const port = await new Promise((resolve) => elsewhere.listen(0, '127.0.0.1', () => resolve(elsewhere.address().port)))
  await window.script(`location.href = arguments[0]`, `http://127.0.0.1:${port}/`)
  await window.shows('healthy')
  assert.match(await window.script('return location.href'), /^tauri:\/\/localhost/)
  assert.equal(await window.script('return window.open("about:blank") === null'), true)
})
