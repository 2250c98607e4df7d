// The tray's menu as a panel sees it: exported on the session bus, read and clicked over com.canonical.dbusmenu.

import { until } from './until.mjs'

const BUS = ['org.freedesktop.DBus', '/org/freedesktop/DBus', 'org.freedesktop.DBus']
/** Where the library for trays exports the icon that the window calls "runtime". */
const PLACE = '/org/ayatana/NotificationItem/tray_icon_tray_app_runtime'
const ITEM = 'org.kde.StatusNotifierItem'
const MENU = 'com.canonical.dbusmenu'
/** The root of a menu, and "all that is below". */
const ROOT = '0'
const ALL_LEVELS = '-1'

export class Tray {
  #desk
  #name

  /** Finds what `window` put into the tray of `desk`. */
  static async of(desk, window) {
    const tray = new Tray()
    tray.#desk = desk
    await until('the tray', async () => {
      const [names] = await tray.#bus('call', ...BUS, 'ListNames')
      for (const name of names.filter((each) => each.startsWith(':'))) {
        const pid = await tray.#bus('call', ...BUS, 'GetConnectionUnixProcessID', 's', name).catch(() => null)
        if (pid?.[0] !== window.shellPid) continue
        // The window has several connections; most of them answer nothing.
        if (await tray.#property(name, 'Status').catch(() => null)) tray.#name = name
      }
      return tray.#name
    })
    return tray
  }

  async #bus(...args) {
    const options = [`--address=${this.#desk.env.DBUS_SESSION_BUS_ADDRESS}`, '--json=short', '--timeout=2']
    const { code, stdout, stderr } = await this.#desk.run('busctl', [...options, '--', ...args])
    if (code !== 0) throw new Error(`busctl ${args.join(' ')}: ${stderr}`)
    return stdout === '' ? null : JSON.parse(stdout).data
  }

  #menu(method, ...args) {
    return this.#bus('call', this.#name, `${PLACE}/Menu`, MENU, method, ...args)
  }

  /** The lines of the menu, as `{ number, label, enabled, checked }`; `checked` is null for a line without a mark. */
  async lines() {
    const [, [, , children]] = await this.#menu('GetLayout', 'iias', ROOT, ALL_LEVELS, '0')
    return children
      .map(({ data: [number, properties] }) => ({
        number,
        label: properties.label?.data.replaceAll('_', '') ?? '',
        enabled: properties.enabled?.data ?? true,
        checked: properties['toggle-type'] ? properties['toggle-state']?.data === 1 : null,
      }))
      .filter(({ label }) => label !== '')
  }

  /** The line that says `words`, once there is one. */
  line(words) {
    return until(`the line ${words}`, async () => (await this.lines()).find(({ label }) => words.test(label)))
  }

  /** Clicks it as a panel does when a person has clicked. */
  async click(words) {
    const { number } = await this.line(words)
    await this.#menu('Event', 'isvu', String(number), 'clicked', 's', '', '0')
  }

  /** What stands beside the icon. */
  label() {
    return this.#property(this.#name, 'XAyatanaLabel')
  }

  async #property(name, property) {
    const [{ data }] = await this.#bus('call', name, PLACE, 'org.freedesktop.DBus.Properties', 'Get', 'ss', ITEM, property)
    return data
  }
}
