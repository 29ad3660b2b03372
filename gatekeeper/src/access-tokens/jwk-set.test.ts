/** Signatures of JWTs against external vectors (../shared/vectors/README.md), read in place. */
import { existsSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { algorithms } from '../model/algorithm.ts'
import { isSignedBy } from './access-token.ts'
import { readSignedParts } from './compact-token.ts'
import { readKeySet } from './jwk-set.ts'

type Case = { tcId: number; comment: string; jws?: string | object; jwe?: string; result: string }
type Group = { comment: string; public?: Jwk | { keys: Jwk[] }; private?: unknown; tests: Case[] }
type Jwk = Record<string, unknown>

const folder = resolve(import.meta.dirname, '../../../../shared/vectors')
const isThere = existsSync(folder)
if (!isThere) process.stderr.write(`SKIP: no outside vectors at ${folder}\n`)

function readGroups(name: string): Group[] {
  if (!isThere) return []
  const text = readFileSync(resolve(folder, `wycheproof-${name}.json`), 'utf8')
  return (JSON.parse(text) as { testGroups: Group[] }).testGroups
}

/** As the gatekeeper would: form first, then the key set with its weak keys left out, then jose. */
async function isAccepted({ jws }: Case, group: Group): Promise<boolean> {
  // The JSON serialization (RFC 7515 §7.2) is an object there, which no header field can hold.
  if (typeof jws !== 'string' || readSignedParts(jws) === null) return false
  const given = group.public ?? group.private
  const keys = (given as { keys?: Jwk[] }).keys ?? [given]
  const read = readKeySet(JSON.stringify({ keys }))
  if ('problem' in read) return false
  return await isSignedBy(read.keySet, { text: jws }, algorithms)
}

/** Valid for a library that accepts it, and refused here on purpose. */
function isRefusedByDecision(group: Group, { jws }: Case): boolean {
  const head = String(jws).split('.', 1)[0] ?? ''
  const { alg = '' } = JSON.parse(Buffer.from(head, 'base64url').toString()) as { alg?: string }
  // HMAC: a party that can verify can also sign.
  if (alg.startsWith('HS') || group.public === undefined) return true
  // The key says that it is for another algorithm than the token's (RFC 8725 §3.1); or it names
  // one that does not exist.
  const keyAlg = (group.public as { alg?: string }).alg
  return keyAlg !== undefined && keyAlg !== alg
}

describe.skipIf(!isThere).each(['jws', 'jwk', 'jwc'])('external test vectors of %s', (name) => {
  const cases = readGroups(name).flatMap((group) =>
    group.tests.map((vector) => [vector.tcId, vector.comment, vector, group] as const),
  )
  const invalid = cases.filter(([, , { result }]) => result === 'invalid')
  const valid = cases.filter(([, , vector]) => vector.result === 'valid' && 'jws' in vector)

  it.each(invalid)('%d %s: is refused', async (_id, _comment, vector, group) => {
    expect(await isAccepted(vector, group)).toBe(false)
  })

  it.each(valid)('%d %s: is valid, or refused on purpose', async (_id, _c, vector, group) => {
    expect(await isAccepted(vector, group)).toBe(!isRefusedByDecision(group, vector))
  })

  it('has cases of both kinds', () => {
    expect(invalid.length).toBeGreaterThan(10)
    expect(valid.some(([, , vector, group]) => !isRefusedByDecision(group, vector))).toBe(true)
  })
})
