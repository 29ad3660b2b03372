/** How single values of the widget's configuration are read. */
import { isLoopback } from '../lib/net/cidr.ts'
import { isWebOrigin } from '../model/origin.ts'

/**
 * Whether pages of the origin may have tokens. Over http anybody on the way can change a page, so
 * that is for this machine only.
 */
export function isPageOrigin(origin: string): boolean {
  if (!isWebOrigin(origin)) return false
  const { protocol, hostname } = new URL(origin)
  return protocol !== 'http:' || isLoopback(hostname) || hostname.endsWith('.localhost')
}

const unitMs: Readonly<Record<string, number>> = {
  '': 1,
  ...{ ms: 1, millisecond: 1 },
  ...{ s: 1000, sec: 1000, second: 1000 },
  ...{ m: 60_000, min: 60_000, minute: 60_000 },
  ...{ h: 3_600_000, hour: 3_600_000 },
  ...{ d: 86_400_000, day: 86_400_000 },
}
const windowMsMin = 1000
const windowMsMax = 7 * 86_400_000

/**
 * Reads `1 minute`, `30s` or milliseconds; null if the text is not a time of a second to a week.
 */
export function parseWindow(text: string): number | null {
  const [, count = '', unit = ''] = /^(\d{1,9})\s*([a-z]*)$/i.exec(text.trim()) ?? []
  const name = unit.toLowerCase()
  const factor = Object.hasOwn(unitMs, name) ? unitMs[name] : unitMs[name.replace(/s$/, '')]
  const ms = count === '' || factor === undefined ? 0 : Number(count) * factor
  return ms >= windowMsMin && ms <= windowMsMax ? ms : null
}
