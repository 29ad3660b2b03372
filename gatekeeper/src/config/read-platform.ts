/**
 * Hosting at a place that ends TLS in front of Caddy (`GATEKEEPER_TLS=platform`): Caddy then listens
 * for plain HTTP and takes the client's address from the proxies that the operator names.
 */
import { isAddressRange, isWideRange } from '../lib/net/cidr.ts'
import { type Report, readPort } from './read-values.ts'
import type { SettingName } from './settings.ts'

export type Platform = {
  /** Where Caddy listens for plain HTTP. */
  readonly port: number
  /** Address ranges of the platform's proxies. */
  readonly trustedProxies: readonly string[]
  /** The field in which they state the client's address. */
  readonly addressField: string
}

type Text = (name: SettingName, withFallback?: boolean) => string | null

/** All clients call this port of the platform. */
export const platformHttpsPort = 443

/** Returns null where Caddy ends TLS itself. Reports each value that cannot be used. */
export function readPlatform(text: Text, report: Report): Platform | null {
  const mode = text('GATEKEEPER_TLS')
  if (mode === null) {
    reportUnread(text, report)
    return null
  }
  if (mode !== 'platform') {
    report('GATEKEEPER_TLS', `is ${JSON.stringify(mode)}`, 'Use platform, or leave it unset.')
    return null
  }
  const name = text('PORT') === null ? 'GATEKEEPER_HTTP_PORT' : 'PORT'
  return {
    port: readPort(name, text(name) ?? '', report),
    trustedProxies: readRanges(text('GATEKEEPER_TRUSTED_PROXIES'), report),
    addressField: readField(text('GATEKEEPER_CLIENT_ADDRESS_FIELD') ?? '', report),
  }
}

/** An operator who sets them expects an effect. `PORT` is a common name of other programs. */
function reportUnread(text: Text, report: Report): void {
  const names = ['GATEKEEPER_TRUSTED_PROXIES', 'GATEKEEPER_CLIENT_ADDRESS_FIELD'] as const
  for (const name of names.filter((one) => text(one, false) !== null)) {
    const remedy = 'Write trusted_proxies into the Caddyfile (docs/guides/domains.md).'
    report(name, 'is read with GATEKEEPER_TLS=platform only', remedy)
  }
}

const name = 'GATEKEEPER_TRUSTED_PROXIES'

/** Reads a list of ranges; without one every limit by address would count all clients as one. */
function readRanges(text: string | null, report: Report): string[] {
  const ranges = (text ?? '').split(/[\s,]+/).filter((range) => range !== '')
  if (ranges.length === 0) {
    const remedy = 'Set it to the address ranges of the platform’s proxies, such as 10.0.0.0/8.'
    report(name, 'is not set, and GATEKEEPER_TLS=platform needs it', remedy)
  }
  for (const range of ranges) {
    if (!isAddressRange(range)) {
      const remedy = 'Write ranges such as 10.0.0.0/8, with commas between.'
      report(name, `has ${JSON.stringify(range)}, which is not an address range`, remedy)
    } else if (isWideRange(range)) {
      const what = `has ${range}: every client could choose its own address`
      report(name, what, 'Name the address ranges of the platform’s proxies only.')
    }
  }
  return ranges
}

function readField(text: string, report: Report): string {
  if (/^[A-Za-z0-9-]{1,64}$/.test(text)) return text
  const what = `is ${JSON.stringify(text)}, not the name of a field`
  report('GATEKEEPER_CLIENT_ADDRESS_FIELD', what, 'Use one such as X-Forwarded-For.')
  return 'X-Forwarded-For'
}
