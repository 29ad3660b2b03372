import { type Reading, readKey } from '../../api-keys/key-members.ts'
import { formatInstant } from '../../lib/instant.ts'
import { didYouMean } from '../../lib/nearest.ts'
import { controlName } from '../../model/known-services.ts'
import type { ServiceNames } from '../installation.ts'
import type { KeyEntry } from './key-entry.ts'

/** What a member of a key may not be; the path is that of the member: `services.0`. */
export type MemberFault = { readonly path: string; readonly message: string }

/** A key without its secrets, in the form of the file. */
export type KeyDraft = Omit<KeyEntry, 'secrets'>

type Deps = { readonly services: ServiceNames; readonly now: number }

/**
 * Returns what is wrong with the named members of a key, as the service would judge them, and what
 * would make the key useless: a service that does not exist, an origin that no service allows.
 */
export function findKeyFaults(
  draft: KeyDraft,
  members: ReadonlySet<string>,
  deps: Deps,
): readonly MemberFault[] {
  const faults = [
    ...findFormFaults(draft),
    ...findServiceFaults(draft, deps.services),
    ...findControlFaults(draft),
    ...findOriginFaults(draft, deps.services),
    ...findEndFaults(draft, deps.now),
  ]
  return faults.filter(({ path }) => members.has(path.split('.', 1)[0] ?? ''))
}

const placeholder = { sha256: '0'.repeat(64), createdAt: null, expiresAt: null }

function findFormFaults(draft: KeyDraft): MemberFault[] {
  const reading: Reading = { findings: [], members: 0 }
  const whole = { ...draft, secrets: [placeholder] }
  readKey('0000000000', whole, {
    reading,
    resolveServices: (_, services) => ({ services, unknown: [] }),
  })
  return reading.findings.map(({ path, what, remedy }) => {
    return { path: path.join('.'), message: `${what}. ${remedy}` }
  })
}

function findServiceFaults(
  { services }: KeyDraft,
  { names, aliases, serviceNameOf }: ServiceNames,
): MemberFault[] {
  if (!Array.isArray(services)) return []
  if (services.length === 0) {
    return [{ path: 'services', message: `names no service; there are ${names.join(', ')}` }]
  }
  return services.flatMap((name, at) => {
    if (serviceNameOf(name) !== null) return []
    const meant = didYouMean(name, [...names, ...aliases]) || `; there are ${names.join(', ')}`
    return [{ path: `services.${at}`, message: `there is no such service${meant}` }]
  })
}

function findControlFaults({ services, role }: KeyDraft): MemberFault[] {
  if (!services.includes(controlName) || role === 'admin') return []
  const message = `the service ${controlName} is for keys that administer: it needs the role admin`
  return [
    { path: 'role', message },
    { path: 'services', message },
  ]
}

/** With other origins every page would be refused, and every other program as well. */
function findOriginFaults(
  { services, origins = [] }: KeyDraft,
  { originsOf, serviceNameOf }: ServiceNames,
): MemberFault[] {
  const allowed = services.flatMap((name) => originsOf(serviceNameOf(name) ?? name))
  const lost = origins.filter((origin) => !allowed.includes(origin))
  if (lost.length === 0) return []
  const what = allowed.length === 0 ? 'no origin' : `only ${[...new Set(allowed)].join(', ')}`
  const message = `${lost.join(', ')}: the services of the key allow ${what}; add it to the service in gatekeeper.yaml`
  return [
    { path: 'origins', message },
    { path: 'services', message },
  ]
}

function findEndFaults({ expiresAt }: KeyDraft, now: number): MemberFault[] {
  const at = typeof expiresAt === 'string' ? Date.parse(expiresAt) : Number.NaN
  if (Number.isNaN(at) || at > now) return []
  return [{ path: 'expiresAt', message: `lies in the past: now is ${formatInstant(now)}` }]
}
