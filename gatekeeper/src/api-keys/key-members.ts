import { parseInstant } from '../lib/instant.ts'
import type { Finding } from '../lib/json/entity-file.ts'
import { isObject } from '../lib/json/is-object.ts'
import type { JsonPath } from '../lib/json/json-place.ts'
import { didYouMean } from '../lib/nearest.ts'
import { isAddressRange } from '../lib/net/cidr.ts'
import { type Caps, capNames, noCaps } from '../model/caps.ts'
import { type Limit, limitExamples, parseLimit } from '../model/limit.ts'
import { isWebOrigin } from '../model/origin.ts'
import { type Role, roles } from '../model/principal.ts'
import type { StoredSecret } from '../model/stored-secret.ts'
import { isTeamName, teamForm } from '../model/team.ts'
import type { KeyRecord } from './key-record.ts'
import { isTag, tagForm, tagsMax } from './key-tag.ts'

/**
 * The members of one key in `keys.json`, as a table of readers. Written by hand and not as a
 * schema: a file of 100,000 keys is read while requests wait. Values are never quoted, because a
 * misplaced value may be a key.
 */

/** The fault of a value, as the end of a sentence that begins with the member's name. */
class Fault {
  readonly what: string
  readonly remedy: string

  constructor(what: string, remedy: string) {
    this.what = what
    this.remedy = remedy
  }
}

const missing = new Fault('is missing', 'Add it; keys/README.md shows a whole key.')

type Read<T> = (value: unknown) => T | Fault

const wrongSecrets = new Fault(
  'must be a list of one secret, or of two during a rotation',
  'Each is {"sha256", "createdAt", "expiresAt"}; `npm run keys -- rotate` writes them.',
)

// One shared empty list: most keys of a large file have three of them.
const none: readonly never[] = []
const entriesMax = 1000

const readUser: Read<string> = (value) =>
  typeof value === 'string' && value.length <= 200 && /^[^\p{Cc}]*\S[^\p{Cc}]*$/u.test(value)
    ? value
    : new Fault('must be a text of 1 to 200 characters', 'Write a name, such as "ada".')

const readRole: Read<Role> = (value) =>
  roles.includes(value as Role)
    ? (value as Role)
    : new Fault('is not a role', `Use one of ${roles.join(', ')}.`)

const readMaker: Read<string | null> = (value) =>
  value === null || (typeof value === 'string' && /^[0-9a-z]{10}$/.test(value))
    ? value
    : new Fault('must be the id of a person', 'The ids of people are the names in people.json.')

const readTeam: Read<string | null> = (value) =>
  value === null || (typeof value === 'string' && isTeamName(value))
    ? value
    : new Fault(teamForm, 'Write the name of a team, such as "research".')

const readFlag: Read<boolean> = (value) =>
  typeof value === 'boolean'
    ? value
    : new Fault('must be true or false', 'Write it without quotes.')

const readInstant: Read<number | null> = (value) => {
  if (value === null) return null
  const at = typeof value === 'string' ? parseInstant(value) : null
  return (
    at ?? new Fault('must be null or an instant', 'Write it with its zone: "2027-01-31T12:00:00Z".')
  )
}

const readSha256: Read<string> = (value) =>
  typeof value === 'string' && /^[0-9a-f]{64}$/.test(value)
    ? value
    : new Fault(
        'must be 64 lower-case hex digits',
        'It is the SHA-256 of the key, never the key: make one with `npm run keys -- add`.',
      )

const limitsMax = 50

const readLimits: Read<readonly Limit[]> = (value) => {
  if (!Array.isArray(value) || value.length > limitsMax) {
    return new Fault(`must be a list of at most ${limitsMax} limits`, `Such as ${limitExamples}.`)
  }
  if (value.length === 0) return none
  const limits = value.map((text) => (typeof text === 'string' ? parseLimit(text) : null))
  const wrong = limits.indexOf(null)
  if (wrong === -1) return limits as Limit[]
  return new Fault(
    `has an invalid limit at position ${wrong + 1}`,
    `Limits look like ${limitExamples}.`,
  )
}

const readCap: Read<number | null> = (value) =>
  Number.isSafeInteger(value) && (value as number) >= 0
    ? (value as number)
    : new Fault('must be a whole number', 'Write it without quotes, 0 or more.')

const weightMax = 100

const readWeight: Read<number | null> = (value) =>
  Number.isInteger(value) && (value as number) >= 1 && (value as number) <= weightMax
    ? (value as number)
    : new Fault(`must be a whole number from 1 to ${weightMax}`, '1 is the usual share.')

function readList(
  isEntry: (text: string) => boolean,
  entry: string,
  lengthMax = entriesMax,
): Read<readonly string[]> {
  return (value) =>
    Array.isArray(value) &&
    value.length <= lengthMax &&
    value.every((text) => typeof text === 'string' && isEntry(text))
      ? nothingIfEmpty(value)
      : new Fault(`must be a list of ${entry}`, 'Correct or remove the other entries.')
}

const nothingIfEmpty = (list: readonly string[]) => (list.length === 0 ? none : list)

const isName = (text: string) => text !== '' && text.length <= 200 && !/\p{Cc}/u.test(text)

const readAddresses = readList(isAddressRange, 'addresses or ranges such as "192.168.1.0/24"')
const readOrigins = readList(isWebOrigin, 'web origins such as "https://app.example"')
const readServices = readList(isName, 'service names such as "ollama"')
const readModels = readList(isName, 'model names such as "llama3.2:*"')
const readTags = readList(isTag, tagForm, tagsMax)

const readDescription: Read<string | null> = (value) =>
  value === null || (typeof value === 'string' && isDescription(value))
    ? value
    : new Fault(
        `must be one line of at most ${descriptionCharsMax} characters`,
        'Write what the key is for, such as "laptop in the office".',
      )

const descriptionCharsMax = 500

const readReason: Read<string | null> = (value) =>
  value === null || (typeof value === 'string' && value.trim() !== '' && isDescription(value))
    ? value
    : new Fault(
        `must be one line of 1 to ${descriptionCharsMax} characters`,
        'Write why the key has no end, or give it one with expiresAt.',
      )

/**
 * Returns whether the text is a valid description of a key: one line, without control characters.
 */
export function isDescription(text: string): boolean {
  return text.length <= descriptionCharsMax && !/[\p{Cc}\u2028\u2029]/u.test(text)
}

/** Collects the findings of a walk over a file. Paths are relative to the current object. */
export type Reading = {
  readonly findings: Finding[]
  /** Members read so far: fewer than in the text means that some are repeated. */
  members: number
}

const keyMemberNames = [
  ...['user', 'role', 'services', 'secrets', 'createdAt', 'expiresAt', 'disabled'],
  ...['addresses', 'origins', 'models', 'limits', 'cloudModels', 'caps', 'weight'],
  ...['description', 'tags', 'noExpiryReason', 'madeBy', 'team'],
]

export type KeyReaderDeps = {
  readonly reading: Reading
  /** Returns the services of one key with aliases resolved, and the unknown ones separately. */
  readonly resolveServices: (id: string, names: readonly string[]) => ResolvedServices
}

export type ResolvedServices = {
  readonly services: readonly string[]
  readonly unknown: readonly string[]
}

/** Reads one key. After a finding the result must not be used. */
export function readKey(id: string, value: unknown, deps: KeyReaderDeps): KeyRecord {
  const { reading } = deps
  const members = new MemberReader(value, reading)
  const user = members.take('user', readUser)
  const role = members.take('role', readRole)
  const { services, unknown } = members.take('services', (names) => {
    const read = readServices(names)
    return read instanceof Fault ? read : deps.resolveServices(id, read)
  })
  const key: KeyRecord = {
    ...{ id, user, role, services, unknownServices: unknown },
    madeBy: members.take('madeBy', readMaker, null),
    team: members.take('team', readTeam, null),
    description: members.take('description', readDescription, null),
    tags: members.take('tags', readTags, none),
    secrets: members.take('secrets', (secrets) => readSecrets(secrets, reading)),
    createdAt: members.take('createdAt', readInstant, null),
    expiresAt: members.take('expiresAt', readInstant, null),
    noExpiryReason: members.take('noExpiryReason', readReason, null),
    disabled: members.take('disabled', readFlag, false),
    addresses: members.take('addresses', readAddresses, none),
    origins: members.take('origins', readOrigins, none),
    models: members.take('models', readModels, none),
    limits: members.take('limits', readLimits, none),
    cloudModels: members.take('cloudModels', readFlag, null),
    caps: members.take('caps', (caps) => readCaps(caps, reading), noCaps),
    weight: members.take('weight', readWeight, null),
  }
  members.end(keyMemberNames)
  return key
}

/** The caps of one key, as separate members, so that a problem names the wrong one. */
function readCaps(value: unknown, reading: Reading): Caps {
  const before = reading.findings.length
  const members = new MemberReader(value, reading)
  const take = (name: keyof Caps) => members.take(name, readCap, null)
  const caps: Caps = {
    keepAliveSeconds: take('keepAliveSeconds'),
    contextTokens: take('contextTokens'),
    outputTokens: take('outputTokens'),
    imageBytes: take('imageBytes'),
  }
  members.end(capNames)
  prefixPaths(reading, before, ['caps'])
  return caps
}

/** One secret, or two during a rotation. */
function readSecrets(value: unknown, reading: Reading): StoredSecret[] | Fault {
  if (!Array.isArray(value) || value.length < 1 || value.length > 2) return wrongSecrets
  return value.map((entry, at) => {
    const before = reading.findings.length
    const secret = readSecret(entry, reading)
    prefixPaths(reading, before, ['secrets', at])
    return secret
  })
}

const secretMemberNames = ['sha256', 'createdAt', 'expiresAt']

function readSecret(value: unknown, reading: Reading): StoredSecret {
  const members = new MemberReader(value, reading)
  const secret: StoredSecret = {
    sha256: members.take('sha256', readSha256),
    createdAt: members.take('createdAt', readInstant, null),
    expiresAt: members.take('expiresAt', readInstant, null),
  }
  members.end(secretMemberNames)
  return secret
}

/** Moves the findings from `before` on below `prefix`. Paths are only built if one is needed. */
export function prefixPaths(reading: Reading, before: number, prefix: JsonPath): void {
  for (let at = before; at < reading.findings.length; at++) {
    const finding = reading.findings[at] as Finding
    reading.findings[at] = { ...finding, path: [...prefix, ...finding.path] }
  }
}

/** Reads members of one object, and finds those that were not read. */
class MemberReader {
  readonly #value: Readonly<Record<string, unknown>> | null
  readonly #reading: Reading
  #taken = 0

  constructor(value: unknown, reading: Reading) {
    this.#value = isObject(value) ? value : null
    this.#reading = reading
    if (this.#value === null) this.#report([], 'this must be an object', 'Write it as {…}.')
  }

  /**
   * Without a fallback the member is required. A fault is reported, and the result is then invalid.
   */
  take<T>(name: string, read: Read<T>, fallback?: T): T {
    const given = this.#value?.[name]
    if (given !== undefined) this.#taken++
    else if (fallback !== undefined) return fallback
    const result = given === undefined ? missing : read(given)
    if (result instanceof Fault && this.#value !== null) {
      this.#report([name], `${name} ${result.what}`, result.remedy)
    }
    return result as T
  }

  end(known: readonly string[]): void {
    const names = this.#value === null ? [] : Object.keys(this.#value)
    this.#reading.members += names.length
    if (names.length === this.#taken) return
    for (const name of names.filter((other) => !known.includes(other))) {
      // A name as long as a key could be a misplaced key, so it is not shown.
      const shown = /^[A-Za-z_]{1,20}$/.test(name) ? ` ${JSON.stringify(name)}` : ''
      const meant = shown === '' ? '' : didYouMean(name, known)
      this.#report(
        [name],
        `unknown member${shown}${meant}`,
        `Allowed members are ${known.join(', ')}.`,
      )
    }
  }

  #report(path: JsonPath, what: string, remedy: string): void {
    this.#reading.findings.push({ path, what, remedy })
  }
}
