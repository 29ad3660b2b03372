/**
 * The keys in use: one immutable snapshot, so that a request never sees a partial reload. Clients
 * get the same answer for every bad key; the reasons are for the log.
 */
import { timingSafeEqual } from 'node:crypto'
import { sha256 } from '../lib/constant-time.ts'
import { createAddressTest } from '../lib/net/cidr.ts'
import { hasApiKeyForm } from '../model/credential-form.ts'
import { type BoundByMaker, boundByNobody } from '../model/person.ts'
import type { Principal } from '../model/principal.ts'
import type { Reason } from '../model/reason.ts'
import type { StoredSecret } from '../model/stored-secret.ts'
import { readApiKey } from './api-key.ts'
import { isPlainId } from './key-file.ts'
import type { KeyRecord } from './key-record.ts'
import { credentialBytesMax } from './plain-map.ts'

export type KeyRing = {
  /** The number of keys, including disabled and expired ones. */
  readonly size: number
  /** Judges a credential at an instant (epoch milliseconds). Never throws, whatever the input. */
  readonly authenticate: (credential: string, now: number) => Principal | Reason
  /**
   * Returns the current state of a key by id, for holders of tokens and streams that came from it.
   */
  readonly findById: (id: string, now: number) => Principal | Reason
  /** Returns the result for the key of an id with its longest-lasting secret. */
  readonly judgeById: (id: string, now: number) => Principal | Reason
  /** Returns the id of the person who made the key with this id; null if nobody did. */
  readonly makerOf: (id: string) => string | null
  /** Whether there is any key from a plain map. */
  readonly hasPlain: boolean
  /** Returns whether the text is exactly a key of a plain map. */
  readonly holdsPlain: (text: string) => boolean
  /** Ids of the keys that may call the one service and not the other; null means no other. */
  readonly idsWithOnly: (held: string, missing: string | null) => readonly string[]
}

type Entry = {
  readonly record: KeyRecord
  readonly secrets: readonly StoredSecret[]
  /** Compiled at first use: most keys have no ranges, and most keys are not in use. */
  isAddressAllowed: Principal['isAddressAllowed'] | undefined
}

/** `secret` is the one that was shown, if one was. */
type Judge = (entry: Entry, secret: StoredSecret | undefined, now: number) => Principal | Reason

// An unknown id costs as many comparisons as a known one, so response timing does not reveal which
// key ids exist.
const noDigest = '0'.repeat(64)
const secretsMax = 2

/** Shorter plain keys are not looked for in URLs. */
const plainCharsMin = 8

/**
 * Indexes records. Of two with the same id or the same plain key the first counts. Without
 * `boundByMaker` every key that a person made is refused.
 */
export function createKeyRing(
  records: readonly KeyRecord[],
  boundByMaker: BoundByMaker = boundByNobody,
): KeyRing {
  const judge: Judge = (entry, secret, now) => {
    const found = judgeAlone(entry, secret, now)
    return typeof found === 'string' ? found : boundByMaker(found, entry.record.madeBy)
  }
  const byId = new Map<string, Entry>()
  const byHash = new Map<string, Entry>()
  for (const record of records) {
    const entry = createEntry(record)
    const isPlain = isPlainId(record.id)
    const index = isPlain ? byHash : byId
    const names = isPlain ? record.secrets.map((secret) => secret.sha256) : [record.id]
    for (const name of names) if (!index.has(name)) index.set(name, entry)
  }
  const findPlain = (text: string) =>
    isReadable(text) ? byHash.get(sha256(text).toString('hex')) : undefined
  // Imported keys are few, and seldom parents of tokens.
  const findPlainById = (id: string) =>
    isPlainId(id) ? [...byHash.values()].find(({ record }) => record.id === id) : undefined
  const find = (id: string) => byId.get(id) ?? findPlainById(id)
  return {
    size: records.length,
    hasPlain: byHash.size > 0,
    authenticate: (credential, now) => {
      if (!isReadable(credential)) return 'malformed-key'
      if (hasApiKeyForm(credential)) return authenticateKey(credential, now, { byId, judge })
      // The look-up compares hashes, which a caller cannot choose; its time reveals nothing about a
      // key.
      const entry = findPlain(credential)
      return entry === undefined ? 'unknown-key' : judge(entry, entry.secrets[0], now)
    },
    findById: (id, now) => {
      const entry = find(id)
      return entry === undefined ? 'unknown-key' : judge(entry, undefined, now)
    },
    judgeById: (id, now) => {
      const entry = find(id)
      return entry === undefined ? 'unknown-key' : judge(entry, longest(entry.secrets), now)
    },
    makerOf: (id) => find(id)?.record.madeBy ?? null,
    // Called for every part of every URL, so a client must not cause hashing with short words.
    holdsPlain: (text) =>
      byHash.size > 0 && text.length >= plainCharsMin && findPlain(text) !== undefined,
    idsWithOnly: (held, missing) =>
      records
        .filter(({ services }) => services.includes(held))
        .filter(({ services }) => missing === null || !services.includes(missing))
        .map(({ id }) => id),
  }
}

function createEntry(record: KeyRecord): Entry {
  return { record, secrets: record.secrets, isAddressAllowed: undefined }
}

/** A lone surrogate is hashed as U+FFFD: two texts would be one key. Long texts only cost time. */
function isReadable(text: string): boolean {
  if (text === '' || text.length > credentialBytesMax) return false
  return text.isWellFormed() && Buffer.byteLength(text) <= credentialBytesMax
}

function authenticateKey(
  credential: string,
  now: number,
  { byId, judge }: { readonly byId: ReadonlyMap<string, Entry>; readonly judge: Judge },
): Principal | Reason {
  const parts = readApiKey(credential)
  if (parts === null) return 'malformed-key'
  const entry = byId.get(parts.id)
  const matched = findSecret(entry, sha256(credential))
  if (entry === undefined) return 'unknown-key'
  return matched === undefined ? 'wrong-secret' : judge(entry, matched, now)
}

/** Compares with every secret, even after one has matched, each in constant time. */
function findSecret(entry: Entry | undefined, digest: Buffer): StoredSecret | undefined {
  let matched: StoredSecret | undefined
  for (let at = 0; at < secretsMax; at++) {
    // Decoded from hex here and not in advance: a large file has many digests, and few are used.
    const stored = Buffer.from(entry?.secrets[at]?.sha256 ?? noDigest, 'hex')
    const isSame = timingSafeEqual(digest, stored)
    if (isSame && matched === undefined) matched = entry?.secrets[at]
  }
  return matched
}

/** Only after the secret matched: a caller without it learns nothing about the key. */
function judgeAlone(
  entry: Entry,
  secret: StoredSecret | undefined,
  now: number,
): Principal | Reason {
  const { record } = entry
  if (record.disabled) return 'disabled-key'
  const expiresAt = earlier(record.expiresAt, secret?.expiresAt ?? null)
  return expiresAt !== null && now >= expiresAt ? 'expired-key' : toPrincipal(entry, expiresAt)
}

function longest(secrets: readonly StoredSecret[]): StoredSecret | undefined {
  const end = ({ expiresAt }: StoredSecret) => expiresAt ?? Number.POSITIVE_INFINITY
  return secrets.toSorted((one, other) => (end(one) < end(other) ? 1 : -1))[0]
}

function earlier(one: number | null, other: number | null): number | null {
  if (one === null || other === null) return one ?? other
  return Math.min(one, other)
}

function toPrincipal(entry: Entry, expiresAt: number | null): Principal {
  const { record } = entry
  entry.isAddressAllowed ??=
    record.addresses.length === 0 ? null : createAddressTest(record.addresses)
  return {
    id: `key:${record.id}`,
    kind: 'key',
    user: record.user,
    team: record.team,
    role: record.role,
    services: record.services,
    models: record.models,
    roleModels: [],
    cloudModels: record.cloudModels,
    limits: record.limits,
    caps: record.caps,
    weight: record.weight,
    capOutput: false,
    isAddressAllowed: entry.isAddressAllowed,
    origins: record.origins,
    expiresAt,
  }
}
