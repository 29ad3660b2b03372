import { createLocalJWKSet, type JSONWebKeySet, type JWK } from 'jose'
import { isObject } from '../lib/json/is-object.ts'
import { parseJson } from '../lib/json/parse-json.ts'
import { hasRocaFingerprint } from '../lib/roca.ts'
import { type Algorithm, algorithms } from '../model/algorithm.ts'
import { decodeBase64Url } from './compact-token.ts'

/** The public keys of one issuer that can verify signatures. */
export type KeySet = {
  /** For `compactVerify` of jose: selects by `kid`, `alg`, `use` and `key_ops`. */
  readonly find: ReturnType<typeof createLocalJWKSet>
  /** Returns whether a key with this id is in the set. */
  readonly has: (kid: string) => boolean
  readonly size: number
}

/** A key of a set that is ignored, and why. */
export type LeftOut = { readonly at: number; readonly kid: string | null; readonly why: string }

export type ReadKeySet =
  | { readonly keySet: KeySet; readonly leftOut: readonly LeftOut[] }
  | { readonly problem: string }

const keysMax = 100

/** Reads a JWK Set (RFC 7517 §5). Keys that are weak or for another use are ignored. */
export function readKeySet(text: string): ReadKeySet {
  const value = parseJson(text)
  const keys = isObject(value) ? value['keys'] : undefined
  if (!Array.isArray(keys)) return { problem: 'is not a JWK Set: {"keys": [...]}' }
  if (keys.length > keysMax) return { problem: `has more than ${keysMax} keys` }
  const judged = keys.map((key: unknown, at) => ({ key, at, why: findFault(key) }))
  const good = judged.filter(({ why }) => why === null).map(({ key }) => key as JWK)
  const kids = good.map(({ kid }) => kid).filter((kid) => kid !== undefined)
  // It would be ambiguous which of the two keys is meant.
  if (new Set(kids).size !== kids.length) return { problem: 'has two keys with the same kid' }
  const leftOut = judged.flatMap(({ key, at, why }) =>
    why === null ? [] : [{ at, kid: kidOf(key), why }],
  )
  return { keySet: createKeySet(good), leftOut }
}

function createKeySet(keys: readonly JWK[]): KeySet {
  const kids = new Set(keys.map(({ kid }) => kid))
  const set: JSONWebKeySet = { keys: keys.map(publicMembers) }
  return { find: createLocalJWKSet(set), has: (kid) => kids.has(kid), size: keys.length }
}

/** Keeps only what verifying needs: no `x5u`, no `ext`, and no other member with an effect. */
function publicMembers({ kty, kid, alg, use, key_ops, n, e, crv, x, y }: JWK): JWK {
  const members = { kty, kid, alg, use, key_ops, n, e, crv, x, y }
  return Object.fromEntries(
    Object.entries(members).filter(([, value]) => value !== undefined),
  ) as JWK
}

function findFault(key: unknown): string | null {
  if (!isObject(key)) return 'is not an object'
  if (key['kid'] !== undefined && typeof key['kid'] !== 'string')
    return 'has a kid that is not a string'
  const secret = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k'].find((name) => name in key)
  if (secret !== undefined) return `holds a secret (${secret}): only public keys are allowed`
  if (key['use'] !== undefined && key['use'] !== 'sig') return 'is not for signatures (use)'
  const { key_ops: operations } = key as { key_ops?: unknown }
  if (operations !== undefined && !(Array.isArray(operations) && operations.includes('verify'))) {
    return 'is not for verifying (key_ops)'
  }
  const { alg } = key as { alg?: unknown }
  if (alg !== undefined && !algorithms.includes(alg as Algorithm)) return 'has an unusable alg'
  return findWeakness(key)
}

const curves = ['P-256', 'P-384', 'P-521']

function findWeakness(key: Readonly<Record<string, unknown>>): string | null {
  switch (key['kty']) {
    case 'RSA':
      return findRsaWeakness(readNumber(key['n']), readNumber(key['e']))
    case 'EC':
      return curves.includes(key['crv'] as string) ? null : 'is on a curve that is not supported'
    case 'OKP':
      return key['crv'] === 'Ed25519' ? null : 'is on a curve that is not supported'
    default:
      return 'is of a type that is not supported (kty)'
  }
}

const rsaBitsMin = 2048
const rsaBitsMax = 8192

function findRsaWeakness(modulus: bigint | null, exponent: bigint | null): string | null {
  if (modulus === null || exponent === null) return 'has no modulus or exponent'
  const bits = modulus.toString(2).length
  if (bits < rsaBitsMin) return `is weak: RSA with ${bits} bits, at least ${rsaBitsMin} are needed`
  // Verifying with it would cost much time, and any client could cause it.
  if (bits > rsaBitsMax) return `is too large: RSA with ${bits} bits`
  if (exponent < 65_537n || exponent % 2n === 0n) return 'is weak: its exponent is too small'
  if (exponent >= 1n << 32n) return 'has an exponent that is too large'
  return hasRocaFingerprint(modulus) ? 'is weak: it can be factored (CVE-2017-15361)' : null
}

function readNumber(value: unknown): bigint | null {
  const bytes = typeof value === 'string' ? decodeBase64Url(value) : null
  return bytes === null || bytes.length === 0 ? null : BigInt(`0x${bytes.toString('hex')}`)
}

function kidOf(key: unknown): string | null {
  const kid = isObject(key) ? key['kid'] : undefined
  return typeof kid === 'string' ? kid : null
}
