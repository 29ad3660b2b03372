/**
 * The signing keys of the state folder. A missing or unreadable file stops only the issuing of
 * tokens, and `problems()` reports it.
 */
import { type CryptoKey, importJWK, type JSONWebKeySet, type JWK } from 'jose'
import type { Clock } from '../lib/clock.ts'
import { followFile } from '../lib/files/follow-file.ts'
import { type Problem, ProblemsError } from '../lib/problem.ts'
import type { Timers } from '../lib/timers.ts'
import { parseSigningKeys, type SigningKey, signingKeyPath } from './signing-key-file.ts'

export type Signer = {
  readonly kid: string
  readonly algorithm: string
  readonly key: CryptoKey
  readonly publicJwk: JWK
}

export type SigningKeys = {
  /** Returns the key that signs now; null if there is no usable one. */
  readonly signer: () => Signer | null
  /**
   * Returns the keys that verify our tokens: keys that sign, will sign, or signed tokens that have
   * not expired. The same object until they change, because every verification calls this.
   */
  readonly publicSet: () => JSONWebKeySet
  /** Why no tokens can be issued; empty if they can. */
  readonly problems: () => readonly Problem[]
  /** Reads the file now. */
  readonly reload: () => Promise<void>
  readonly close: () => void
}

export type SigningKeysDeps = {
  readonly stateDir: string
  readonly clock: Clock
  readonly timers?: Timers
}

type Usable = SigningKey & { readonly imported: CryptoKey; readonly publicJwk: JWK }

/**
 * Follows the file of signing keys. Never rejects: without keys it issues nothing, and reports the
 * problem.
 */
export async function openSigningKeys(deps: SigningKeysDeps): Promise<SigningKeys> {
  const path = signingKeyPath(deps.stateDir)
  // The last valid keys still verify; a key whose file is missing must not sign.
  const followed = await followFile<readonly Usable[]>({
    path,
    initial: [],
    interpret: async (text) => {
      const keys = await importKeys(text)
      if (typeof keys === 'string') throw new ProblemsError([describe(path, keys)])
      return keys
    },
    absent: () => {
      throw new ProblemsError([describe(path, 'does not exist')])
    },
    unreadable: (code) => describe(path, `cannot be read (${code})`),
    timers: deps.timers,
  })
  let published: { of: readonly Usable[]; set: JSONWebKeySet } = { of: [], set: { keys: [] } }
  const live = () =>
    followed.current().filter(({ retiresAt }) => retiresAt === null || retiresAt > deps.clock())

  return {
    signer: () => {
      if (followed.problems().length > 0) return null
      const now = deps.clock()
      const active = live().filter(({ activeAt }) => activeAt <= now)
      const newest = active.at(-1)
      if (newest === undefined) return null
      const { kid, algorithm, imported: key, publicJwk } = newest
      return { kid, algorithm, key, publicJwk }
    },
    publicSet: () => {
      const [usable, keys] = [followed.current(), live()]
      // Time only removes keys, so the same number means the same keys.
      if (published.of === usable && published.set.keys.length === keys.length) return published.set
      published = { of: usable, set: { keys: keys.map(({ publicJwk }) => publicJwk) } }
      return published.set
    },
    problems: followed.problems,
    reload: followed.reload,
    close: followed.close,
  }
}

async function importKeys(text: string): Promise<readonly Usable[] | string> {
  const keys = parseSigningKeys(text)
  if (keys instanceof Error) return keys.message
  try {
    return await Promise.all(keys.map(importKey))
  } catch {
    return 'contains a key that cannot be used'
  }
}

async function importKey(key: SigningKey): Promise<Usable> {
  const { kty, n, e, crv, x, y } = key.jwk
  const members = { kty, n, e, crv, x, y, kid: key.kid, alg: key.algorithm, use: 'sig' }
  const publicJwk = Object.fromEntries(
    Object.entries(members).filter(([, value]) => value !== undefined),
  ) as JWK
  const imported = await importJWK({ ...key.jwk, ext: false }, key.algorithm)
  return { ...key, imported: imported as CryptoKey, publicJwk }
}

function describe(source: string, what: string): Problem {
  return {
    source,
    what: `${what}, so no access tokens are issued`,
    remedy:
      'Restore it from a backup. Or delete it and restart: all tokens issued so far then become invalid.',
  }
}
