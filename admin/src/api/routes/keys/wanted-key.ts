/** From the body of a call to the members of a key: faults by member, then values of the writer. */

import { type Limit, parseLimit } from '../../../../../gatekeeper/src/model/limit.ts'
import type { ServiceNames } from '../../../../../gatekeeper/src/operations/installation.ts'
import { draftOf } from '../../../../../gatekeeper/src/operations/keys/key-draft.ts'
import {
  findKeyFaults,
  type KeyDraft,
} from '../../../../../gatekeeper/src/operations/keys/key-faults.ts'
import type { StoredKey } from '../../../../../gatekeeper/src/operations/keys/key-index.ts'
import type { KeyChange } from '../../../../../gatekeeper/src/operations/keys/key-writer.ts'
import { ApiError, type InvalidMember } from '../../api-error.ts'
import { mergePatch } from '../../merge-patch.ts'
import type { KeyChangeBody, NewKeyBody } from './schema.ts'

/** A key as it should be, and the members of it that the caller named. */
export type WantedKey = { readonly draft: KeyDraft; readonly members: ReadonlySet<string> }

type Deps = { readonly services: ServiceNames; readonly now: number }

/** Returns the key that a body describes; the body of a creation says whose it is. */
export function readNewKey(body: NewKeyBody & { readonly user: string }, deps: Deps): WantedKey {
  const { usageLimit, rateLimit, allowedModels, allowedIPs, ...members } = body
  const problems = findAliasFaults(body)
  const extra = [usageLimit, rateLimit].filter((text) => typeof text === 'string')
  const limits = [...(members.limits ?? []), ...extra]
  const models = members.models ?? allowedModels ?? []
  const addresses = members.addresses ?? allowedIPs ?? []
  const fresh = { role: 'readwrite', services: [] }
  const whole = Object.assign({}, members, { limits, models, addresses })
  const draft = mergePatch(fresh, whole) as KeyDraft
  problems.push(...findEndFaults(body))
  return requireGood({ draft, members: everyMember }, problems, deps)
}

const everyMember: ReadonlySet<string> = new Set([
  ...['user', 'role', 'services', 'description', 'tags', 'expiresAt', 'noExpiryReason'],
  ...['models', 'addresses', 'origins', 'limits', 'caps', 'cloudModels', 'weight', 'team'],
])

/** Returns a key with the members of a body in place of its own. */
export function readChangedKey(key: StoredKey, body: KeyChangeBody, deps: Deps): WantedKey {
  // The reason of a key without an end goes with its end, unless the caller says otherwise.
  const isEnded = typeof body.expiresAt === 'string'
  const patch = isEnded ? Object.assign({ noExpiryReason: null }, body) : body
  const draft = mergePatch(draftOf(key), patch) as KeyDraft
  const members = new Set(Object.keys(body))
  const asked = 'expiresAt' in body || 'noExpiryReason' in body
  const problems = asked ? findEndFaults(draft) : []
  return requireGood({ draft, members }, problems, deps)
}

function requireGood(
  { draft, members }: WantedKey,
  problems: readonly InvalidMember[],
  { services, now }: Deps,
): WantedKey {
  services.requireKnown()
  const all = [...problems, ...findKeyFaults(draft, members, { services, now })]
  if (all.length > 0) {
    throw new ApiError('invalid', 'The key has members that are not valid.', { problems: all })
  }
  const resolve = (name: string) => services.serviceNameOf(name) ?? name
  const resolved = [...new Set(draft.services.map(resolve))]
  return { draft: Object.assign({}, draft, { services: resolved }), members }
}

/** A key without an end is a choice, with a reason that is kept. */
function findEndFaults({
  expiresAt,
  noExpiryReason,
}: Pick<KeyChangeBody, 'expiresAt' | 'noExpiryReason'>): InvalidMember[] {
  const hasEnd = typeof expiresAt === 'string'
  const hasReason = typeof noExpiryReason === 'string' && noExpiryReason.trim() !== ''
  if (!hasEnd && !hasReason) {
    const message = 'is missing: give the key an end, or say in noExpiryReason why it has none'
    return [{ path: 'expiresAt', message }]
  }
  if (hasEnd && hasReason) {
    return [{ path: 'noExpiryReason', message: 'is for keys without an end' }]
  }
  return []
}

const usageForm = /^[\d.]+usd\/lifetime$/
const rateForm = /^\d+\/min$/

/** The members in the words of other gateways. */
function findAliasFaults(body: NewKeyBody): InvalidMember[] {
  const { usageLimit, rateLimit } = body
  const isLimit = (text: string, form: RegExp) => form.test(text) && parseLimit(text) !== null
  const problems: InvalidMember[] = []
  if (typeof usageLimit === 'string' && !isLimit(usageLimit, usageForm)) {
    problems.push({ path: 'usageLimit', message: 'must be dollars in all: 100usd/lifetime' })
  }
  if (typeof rateLimit === 'string' && !isLimit(rateLimit, rateForm)) {
    problems.push({ path: 'rateLimit', message: 'must be requests a minute: 60/min' })
  }
  for (const [other, ours] of [
    ['allowedModels', 'models'],
    ['allowedIPs', 'addresses'],
  ] as const) {
    if (body[other] == null || body[ours] == null) continue
    problems.push({ path: other, message: `is another name of ${ours}: give one of both` })
  }
  return problems
}

/** Returns the named members as the writer takes them. */
export function toKeyChange({ draft, members }: WantedKey): KeyChange {
  const limits = (draft.limits ?? []).map((text) => parseLimit(text) as Limit)
  const expiresAt = typeof draft.expiresAt === 'string' ? Date.parse(draft.expiresAt) : null
  const { user, role, services, disabled = false, caps = {}, noExpiryReason } = draft
  const { addresses = [], origins = [], models = [], tags = [], description = '' } = draft
  const { cloudModels = null, weight = null, team = null } = draft
  const values: Required<Omit<KeyChange, 'noExpiryReason' | 'team'>> = {
    ...{ user, role, services, disabled, caps, addresses, origins, models, tags, description },
    ...{ limits, expiresAt, cloudModels, weight, team },
  }
  const named = Object.entries(values).filter(([name]) => members.has(name))
  const change: KeyChange = Object.fromEntries(named)
  return noExpiryReason === undefined || !members.has('noExpiryReason')
    ? change
    : Object.assign(change, { noExpiryReason })
}
