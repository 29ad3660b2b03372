import { parseInstant } from '../lib/instant.ts'
import type { Finding } from '../lib/json/entity-file.ts'
import { isObject } from '../lib/json/is-object.ts'
import { didYouMean } from '../lib/nearest.ts'
import { noCaps } from '../model/caps.ts'
import { hasApiKeyForm, hasTokenForm } from '../model/credential-form.ts'
import type { KnownServices } from '../model/known-services.ts'
import { hashKey } from './api-key.ts'
import { isDescription } from './key-members.ts'
import type { KeyRecord } from './key-record.ts'

/**
 * The key file of older set-ups, `{"KEY": {"user", "service", "created_at"}}` (K3). The keys are
 * hashed as they are read. Findings name line, user and service and never a key; the path of a
 * finding does contain the key, and is dropped when the place is looked up.
 */

/**
 * The longest credential that is looked up: a longer one is never a key, and hashing it costs time.
 */
export const credentialBytesMax = 4096

export type PlainMap = {
  readonly keys: KeyRecord[]
  readonly findings: Finding[]
  readonly warnings: Finding[]
}

/**
 * Reads the entries of a plain map. Other members than the three are additions of older scripts.
 */
export function readPlainMap(
  entries: Readonly<Record<string, unknown>>,
  known: KnownServices,
): PlainMap {
  const read = { keys: [] as KeyRecord[], findings: [] as Finding[], warnings: [] as Finding[] }
  const takeId = createIds()
  for (const [key, entry] of Object.entries(entries)) {
    const defect = findDefect(key, entry)
    if (defect !== null) {
      read.findings.push({ path: [key], ...defect })
      continue
    }
    const { user, service } = entry as { user: string; service: string }
    const name = known.serviceNameOf(service)
    const who = `the key of user ${JSON.stringify(user)} for service ${JSON.stringify(service)}`
    const warn = (what: string, remedy: string) =>
      read.warnings.push({ path: [key], what: `${who} ${what}`, remedy })
    if (name === null) {
      const meant = didYouMean(service, known.names ?? [])
      warn(`has no effect: there is no such service${meant}`, 'Add it to gatekeeper.yaml.')
    }
    if (/[^\x21-\x7e]/.test(key)) warn('has characters that only Basic can carry', replace)
    if (!canMatch(key)) warn('can never match: it has the form of another credential', replace)
    read.keys.push({
      id: takeId(`plain-${slug(user)}-${slug(service)}`),
      user,
      role: 'readwrite',
      services: name === null ? [] : [name],
      unknownServices: name === null ? [service] : [],
      description: readDescription((entry as Entry)['description']),
      tags: [],
      secrets: [{ sha256: hashKey(key), createdAt: null, expiresAt: null }],
      createdAt: readLooseInstant((entry as Entry)['created_at']),
      ...readRestriction(entry as Entry, warn),
      addresses: [],
      origins: [],
      models: [],
      limits: [],
      cloudModels: null,
      caps: noCaps,
      weight: null,
      noExpiryReason: null,
      madeBy: null,
      team: null,
    })
  }
  return read
}

export type Entry = Readonly<Record<string, unknown>>

/** Older scripts wrote any text; a description that is not one line is dropped. */
function readDescription(value: unknown): string | null {
  return typeof value === 'string' && value !== '' && isDescription(value) ? value : null
}

const replace = 'Create a new one: npm run keys -- add.'

function findDefect(key: string, entry: unknown): { what: string; remedy: string } | null {
  if (key === '') return { what: 'a key is empty', remedy: 'Remove the entry.' }
  const isComplete = isObject(entry) && isText(entry['user']) && isText(entry['service'])
  if (isComplete) return null
  return {
    what: 'an entry is not {"user": "…", "service": "…", "created_at": "…"}',
    remedy: 'Correct or remove the entry on this line.',
  }
}

const isText = (value: unknown) => typeof value === 'string' && value !== '' && value.length <= 200

/** Returns whether a request could use this key: other forms are recognised before plain keys. */
export function canMatch(key: string): boolean {
  const isOther = hasApiKeyForm(key) || hasTokenForm(key) || !key.isWellFormed()
  return !isOther && Buffer.byteLength(key) <= credentialBytesMax
}

const disablingWhenSet = ['disabled', 'revoked']
const disablingUnlessSet = ['enabled', 'active']
const expiring = ['expires_at', 'expiresAt', 'expires', 'expiry']

/**
 * Older scripts wrote their own members for disabled or expiring keys. Ignoring them would make
 * revoked keys valid again; so a value that cannot be read disables the key.
 */
function readRestriction(
  entry: Entry,
  warn: (what: string, remedy: string) => void,
): { disabled: boolean; expiresAt: number | null } {
  const isOff =
    disablingWhenSet.some((name) => ![undefined, null, false].includes(entry[name] as null)) ||
    disablingUnlessSet.some((name) => entry[name] !== undefined && entry[name] !== true)
  const given = expiring.map((name) => entry[name] ?? null).filter((value) => value !== null)
  const instants = given.map(readLooseInstant)
  if (!instants.includes(null)) {
    return {
      disabled: isOff,
      expiresAt: given.length > 0 ? Math.min(...(instants as number[])) : null,
    }
  }
  warn('has an expiry that is not an ISO 8601 date, so it stays disabled', replace)
  return { disabled: true, expiresAt: null }
}

const plainMembers = ['user', 'service', 'created_at', 'description']
const understood = [...plainMembers, ...disablingWhenSet, ...disablingUnlessSet, ...expiring]

/** Returns the names of ignored members of an entry; only those that look like names. */
export function namesLeft(entry: Entry): string[] {
  return Object.keys(entry).filter(
    (name) => !understood.includes(name) && /^[A-Za-z_][A-Za-z0-9_-]{0,30}$/.test(name),
  )
}

/** Older scripts wrote local or UTC times without a zone: read as UTC. */
function readLooseInstant(value: unknown): number | null {
  if (typeof value !== 'string') return null
  const text = value.trim().replace(' ', 'T')
  return parseInstant(text) ?? parseInstant(`${text}Z`) ?? parseInstant(`${text}T00:00:00Z`)
}

function slug(text: string): string {
  const plain = text
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, 40)
  return plain.replace(/^-+|-+$/g, '') || 'x'
}

/** Returns each id once: `plain-ada-tts`, `plain-ada-tts-2`, … in the order of the file. */
function createIds(): (wanted: string) => string {
  const taken = new Set<string>()
  const counts = new Map<string, number>()
  return (wanted) => {
    let count = counts.get(wanted) ?? 1
    // A user may be called `tts-2`: the number increases until the id is free.
    const idOf = () => (count === 1 ? wanted : `${wanted}-${count}`)
    while (taken.has(idOf())) count++
    const id = idOf()
    taken.add(id)
    counts.set(wanted, count)
    return id
  }
}
