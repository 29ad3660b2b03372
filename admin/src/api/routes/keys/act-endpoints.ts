import { z } from 'zod'
import type { Clock } from '../../../../../gatekeeper/src/lib/clock.ts'
import { formatInstant } from '../../../../../gatekeeper/src/lib/instant.ts'
import { controlName } from '../../../../../gatekeeper/src/model/known-services.ts'
import { disableKeys, rotateKey } from '../../../../../gatekeeper/src/operations/keys/key-writer.ts'
import { ApiError } from '../../api-error.ts'
import type { Caller } from '../../caller.ts'
import { type Call, defineEndpoint, type Endpoint } from '../../endpoint.ts'
import type { Owned } from '../../scope.ts'
import { changeKeyFile, judgeOne, writerDeps } from './change-keys.ts'
import type { KeyParts } from './key-parts.ts'
import { isChangeable, requireChangeable } from './own-keys.ts'
import { answerKey, snapshotOf } from './read-endpoints.ts'
import { anyKeyId, keyId, rotatedKey } from './schema.ts'

const writers = ['owner', 'admin', 'member'] as const

/** The longest time that the old secret of a rotated key still works: 30 days. */
const overlapHoursMax = 720
const rotation = z.strictObject({
  overlapHours: z.number().min(0).max(overlapHoursMax).default(0),
})
const bulk = z.strictObject({ ids: z.array(anyKeyId).min(1).max(200) })
const result = z.object({ id: z.string(), result: z.enum(['disabled', 'not_found']) })

/** Returns the rows of acts on keys: a new secret, and many disabled at once. */
export function keyActEndpoints(parts: KeyParts): readonly Endpoint[] {
  return [
    defineEndpoint({
      method: 'POST',
      path: '/keys/:id/rotate',
      summary: 'Gives a key a new secret; the old one works as long as is asked for.',
      roles: writers,
      event: 'key.rotated',
      // Whoever gets the secret of a key that administers gets the key.
      stepUp: async ({ params, caller }) => {
        const key = (await snapshotOf(parts)).find(params.id)
        const isKnown = key !== null && isChangeable(key, caller)
        return isKnown && key.services.includes(controlName) ? 'client.control' : null
      },
      params: z.strictObject({ id: keyId }),
      body: rotation,
      answers: { 200: rotatedKey },
      handle: (call) => rotate(call, parts),
    }),
    defineEndpoint({
      method: 'POST',
      path: '/keys/disable',
      summary: 'Disables up to 200 keys in one change, and says what became of each.',
      roles: writers,
      event: 'key.disabled',
      body: bulk,
      answers: { 200: z.object({ results: z.array(result) }) },
      handle: (call) => disable(call, parts),
    }),
  ]
}

const recentMs = 10 * 60_000

/** Throws an ApiError unless the person signed in within ten minutes; a token is younger than that. */
export function requireRecentSignIn({ session }: Caller, clock: Clock): void {
  if (session === null || clock() - session.authenticatedAt <= recentMs) return
  throw new ApiError('recent_sign_in_required', 'Sign in again: this needs a recent sign-in.')
}

type Rotation = Call<{ readonly id: string }, unknown, z.output<typeof rotation>>

async function rotate(call: Rotation, parts: KeyParts) {
  const { caller, params, body } = call
  requireChangeable((await snapshotOf(parts)).find(params.id), caller)
  requireRecentSignIn(caller, parts.clock)
  const overlapMs = Math.round(body.overlapHours * 3_600_000)
  const deps = writerDeps(call, parts, judgeOne(params.id, call, parts))
  const made = await changeKeyFile(parts, (file) =>
    rotateKey(file, { id: params.id, overlapMs }, deps),
  )
  const key = requireChangeable((await snapshotOf(parts)).find(made.id), caller)
  const oldWorksUntil = overlapMs === 0 ? null : formatInstant(parts.clock() + overlapMs)
  return await answerKey(200, key, parts, { key: made.key, oldWorksUntil })
}

async function disable(call: Call<unknown, unknown, z.output<typeof bulk>>, parts: KeyParts) {
  const { caller, body } = call
  const ids = [...new Set(body.ids)]
  const isMeant = (key: Owned) => isChangeable(key, caller)
  // Nobody is kept from disabling by an audit that cannot be written.
  const deps = writerDeps({ ...call, record: call.recordEnded }, parts, () => {})
  const done = new Set(
    await changeKeyFile(parts, (file) => disableKeys(file, { ids, isMeant }, deps)),
  )
  const results = ids.map((id) => ({ id, result: done.has(id) ? 'disabled' : 'not_found' }))
  return { status: 200, body: { results } }
}
