import { isAddressRange, isLoopback, isWideRange } from '../../../gatekeeper/src/lib/net/cidr.ts'
import type { Finding } from '../../../gatekeeper/src/operations/doctor/finding.ts'
import { type Json, memberAt, objectOf, serversOf, textsOf } from './adapted.ts'
import { type Caddyfile, createReport } from './caddyfile.ts'

/** A client of the admin endpoint can change everything; an autosaved copy contains the secrets. */
export function checkAdmin(caddyfile: Caddyfile): readonly Finding[] {
  const report = createReport(caddyfile)
  const { adapted } = caddyfile
  const findings: Finding[] = []
  if (memberAt(adapted, 'admin', 'disabled') !== true) {
    const what = 'the admin endpoint is on: every client that reaches it can remove the gate'
    findings.push(report(/^\s*admin\b/, what, 'Write `admin off` into the global options.'))
  }
  if (memberAt(adapted, 'admin', 'config', 'persist') !== false) {
    const what = 'Caddy saves a copy of its configuration, with the edge and proof secrets in it'
    const remedy = 'Write `persist_config off` into the global options.'
    findings.push(report(/^\s*persist_config\b/, what, remedy))
  }
  return findings
}

/** A trusted proxy states the client's address: trusting everybody lets clients choose theirs. */
export function checkTrustedProxies(caddyfile: Caddyfile): readonly Finding[] {
  return serversOf(caddyfile.adapted).flatMap((server) => {
    const trusted = objectOf(server['trusted_proxies'])
    if (trusted['source'] === undefined) return []
    const report = createReport(caddyfile)
    const ranges = textsOf(trusted['ranges'])
    const findings: Finding[] = []
    const wide = ranges.filter((range) => isAddressRange(range) && isWideRange(range))
    if (wide.length > 0) {
      const what = `${wide.join(', ')} may name the client address: limits by address have no effect then`
      const remedy = 'Name the addresses of your own proxy or tunnel only.'
      findings.push(report(/^\s*trusted_proxies\s/, what, remedy))
    } else if (ranges.includes('192.168.0.0/16')) {
      const what = 'every machine of a private network may name the client address'
      const remedy = 'Name the addresses of your own proxy instead of private_ranges.'
      findings.push(createReport(caddyfile, 'warning')(/^\s*trusted_proxies\s/, what, remedy))
    }
    if (!server['trusted_proxies_strict']) {
      const what = 'without trusted_proxies_strict a client can choose its own address'
      const remedy = 'Add the line `trusted_proxies_strict` beside trusted_proxies.'
      findings.push(report(/^\s*trusted_proxies\s/, what, remedy))
    }
    return findings
  })
}

/** Caddy's logs contain fields and targets as plain text, and both can contain callers' keys. */
export function checkLogs(caddyfile: Caddyfile): readonly Finding[] {
  const logs = objectOf(memberAt(caddyfile.adapted, 'logging', 'logs'))
  const report = createReport(caddyfile)
  const all = logs['default'] === undefined ? { default: {}, ...logs } : logs
  const open = Object.entries(all).filter(([, log]) => {
    const fields = objectOf(memberAt(log, 'encoder', 'fields'))
    const isDeleted = (name: string) =>
      [name, name.split('>')[0] ?? ''].some((one) => memberAt(fields, one, 'filter') === 'delete')
    return memberAt(log, 'writer', 'output') !== 'discard' && !filtered.every(isDeleted)
  })
  return open.map(([name]) =>
    report(
      /^\s*log\b/,
      `the log \`${name}\` writes the fields and targets of requests, and the keys in them`,
      `Use the filter of the shipped Caddyfile, which deletes ${filtered.join(', ')}.`,
    ),
  )
}

const plainLine = /^(?:\{\$GATEKEEPER_REDIRECTS:)?http:\/\//
const filtered = ['request>headers', 'request>uri', 'resp_headers']

/** More people may reach an address other than GATEKEEPER_BIND than its owner expects. */
export function checkListeners(caddyfile: Caddyfile): readonly Finding[] {
  const own = hostOf(`${caddyfile.bind.includes(':') ? `[${caddyfile.bind}]` : caddyfile.bind}:1`)
  const listens = serversOf(caddyfile.adapted).flatMap((server) => textsOf(server['listen']))
  const others = listens.filter(
    (listen) => hostOf(listen) !== own && !isInner(listen) && listen !== caddyfile.console?.listen,
  )
  const report = createReport(caddyfile)
  return [...new Set(others)].map((listen) =>
    report(
      /^\s*bind\b/,
      `Caddy listens on ${listen}, which is not the address of GATEKEEPER_BIND (${caddyfile.bind})`,
      'Remove `bind` and `default_bind` lines of your own, and set GATEKEEPER_BIND.',
    ),
  )
}

const hostOf = (listen: string) => listen.replace(/^(?:tcp|udp)\//, '').replace(/:[\d-]*$/, '')
const isInner = (listen: string) => listen.startsWith('unix/') || isLoopback(hostOf(listen))

/** Finds servers with plain HTTP: a key that is sent there is sent in clear text. */
export function checkPlainHttp(caddyfile: Caddyfile): readonly Finding[] {
  if (caddyfile.isPlatform) return []
  const isPlain = ({ listen }: Json) =>
    textsOf(listen).some((address) => address.endsWith(`:${caddyfile.httpPort}`))
  const report = createReport(caddyfile)
  return serversOf(caddyfile.adapted)
    .filter((server) => isPlain(server) && JSON.stringify(server).includes('"reverse_proxy"'))
    .map(() =>
      report(
        plainLine,
        'plain HTTP leads to a proxy: keys would travel in clear',
        'Let `http://` sites do nothing but redirect to HTTPS.',
      ),
    )
}
