/**
 * The keys that we sign with, as they stand in the state folder. What is lost or unreadable stops
 * issuing and is said in `problems()`; nothing else stops.
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
  /** The key that signs now; null where there is none that can be used. */
  readonly signer: () => Signer | null
  /**
   * What verifies our tokens: keys that sign, will sign, or have signed tokens that still live. The
   * same object as long as nothing changes, since every verification asks.
   */
  readonly publicSet: () => JSONWebKeySet
  /** Why nothing can be issued; empty if all is well. */
  readonly problems: () => readonly Problem[]
  /** Looks at the file now. */
  readonly reload: () => Promise<void>
  readonly close: () => void
}

export type SigningKeysDeps = {
  readonly stateDir: string
  readonly clock: Clock
  readonly timers?: Timers
}

type Usable = SigningKey & { readonly imported: CryptoKey; readonly publicJwk: JWK }

/** Follows the file of signing keys. Never rejects: without keys it issues nothing, and says so. */
export async function openSigningKeys(deps: SigningKeysDeps): Promise<SigningKeys> {
  const path = signingKeyPath(deps.stateDir)
  // The last good keys go on verifying; a key whose file is gone must not go on signing.
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
      // Time only takes keys away, so that as many of the same are the same.
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
