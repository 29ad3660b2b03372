/** Rules about client addresses: what `npm run rules` does. */
import { z } from 'zod'
import { formatInstant } from '../../../../../gatekeeper/src/lib/instant.ts'
import {
  addRule,
  RuleError,
  readRules,
  removeRules,
  type StoredRule,
} from '../../../../../gatekeeper/src/operations/rules/rule-writer.ts'
import type { ApiDeps } from '../../api-deps.ts'
import { ApiError } from '../../api-error.ts'
import { pageFields, pageOf } from '../../cursor.ts'
import { type Call, defineEndpoint, type Endpoint } from '../../endpoint.ts'
import { toFileRefusal } from '../file-refusal.ts'

const readers = ['owner', 'admin', 'auditor'] as const
const writers = ['owner', 'admin'] as const

const ruleId = z.string().regex(/^[0-9a-f]{16}$/, 'must be sixteen characters of 0-9a-f')
/** A rule that a person wrote into the file may have another id. */
const anyRuleId = z.string().regex(/^[A-Za-z0-9_-]{1,100}$/)
const type = z.enum(['allow', 'deny'])
const name = z.string().min(1).max(257)

const newRule = z.strictObject({
  ip: z.string().min(1).max(64),
  type,
  reason: z.string().min(1).max(500).nullish(),
  app: name.nullish(),
  user: name.nullish(),
  active: z.boolean().default(true),
  /** Set for a rule that refuses the caller's own address. */
  confirm: z.boolean().default(false),
})

const ruleView = z.object({
  id: z.string(),
  ip: z.string(),
  type,
  reason: z.string().nullable(),
  active: z.boolean(),
  app: z.string().nullable(),
  user: z.string().nullable(),
  addedBy: z.string().nullable(),
  createdAt: z.string().nullable(),
})

const query = z.strictObject({
  ...pageFields,
  q: z.string().max(200).optional(),
  type: type.optional(),
})

const page = z.object({
  items: z.array(ruleView),
  next: z.string().nullable(),
  total: z.number(),
  /** The address from which this call came, as rules judge it. */
  ownAddress: z.string(),
})

type Creation = Call<{ readonly id: string }, unknown, z.output<typeof newRule>>

/** Returns the rows of `/rules`. */
export function ruleEndpoints(deps: ApiDeps): readonly Endpoint[] {
  const { rulesFile } = deps.installation
  return [
    defineEndpoint({
      method: 'GET',
      path: '/rules',
      summary: 'Lists the rules about client addresses.',
      roles: readers,
      query,
      answers: { 200: page },
      handle: async (call) => ({ status: 200, body: await list(call, rulesFile) }),
    }),
    defineEndpoint({
      method: 'PUT',
      path: '/rules/:id',
      summary: 'Adds a rule; one that refuses the caller needs confirm.',
      condition: 'If-None-Match',
      roles: writers,
      event: 'address_rule.added',
      params: z.strictObject({ id: ruleId }),
      body: newRule,
      answers: { 201: ruleView },
      handle: async (call) => ({ status: 201, body: describeRule(await create(call, deps)) }),
    }),
    defineEndpoint({
      method: 'DELETE',
      path: '/rules/:id',
      summary: 'Removes a rule; it has no effect within two seconds.',
      roles: writers,
      event: 'address_rule.removed',
      params: z.strictObject({ id: anyRuleId }),
      answers: { 204: null },
      handle: async ({ params, record }) => {
        await orRefuse(() => removeRules(rulesFile, params.id, { record }))
        return { status: 204 }
      },
    }),
  ]
}

async function list(
  { query: asked, clientAddress }: Call<unknown, z.output<typeof query>, unknown>,
  file: string,
) {
  const { limit, cursor, q, type: wanted } = asked
  const text = q?.trim().toLowerCase() ?? ''
  const isFound = (rule: StoredRule) =>
    (wanted === undefined || rule.type === wanted) &&
    [rule.ip, rule.reason, rule.app, rule.user].some((word) =>
      (word ?? '').toLowerCase().includes(text),
    )
  const found = (await orRefuse(() => readRules(file))).filter(isFound)
  const sorted = found.toSorted((one, other) => (other.createdAt ?? 0) - (one.createdAt ?? 0))
  const { items, next, total } = pageOf(
    sorted,
    { limit, cursor },
    { order: { q: text, wanted }, positionOf: ({ id, createdAt }) => ({ by: createdAt ?? 0, id }) },
  )
  return { items: items.map(describeRule), next, total, ownAddress: clientAddress }
}

async function create(call: Creation, { installation, clock }: ApiDeps): Promise<StoredRule> {
  const { caller, params, isCreation, clientAddress, record } = call
  if (!isCreation) {
    throw new ApiError('precondition_required', 'Send If-None-Match: * to add a rule.')
  }
  const { confirm, reason = null, app = null, user = null, ip, type: kind, active } = call.body
  const addedBy = caller.name
  const wanted = { id: params.id, ip, type: kind, active, addedBy, reason, app, user }
  const maker = { address: clientAddress, isConfirmed: confirm, app: null, user: caller.name }
  return await orRefuse(() => addRule(installation.rulesFile, { wanted, maker }, { clock, record }))
}

async function orRefuse<Result>(change: () => Promise<Result>): Promise<Result> {
  try {
    return await change()
  } catch (error) {
    throw error instanceof RuleError ? toRefusal(error) : toFileRefusal(error)
  }
}

function toRefusal({ code, message }: RuleError): ApiError {
  switch (code) {
    case 'unknown':
      return new ApiError('not_found', 'There is no rule with this id.')
    case 'taken':
      return new ApiError('exists', 'A rule with this id exists.')
    case 'full':
      return new ApiError('conflict', 'There are as many rules as there may be. Remove one first.')
    case 'lock-out':
      return new ApiError('conflict', 'This rule refuses your own address. Confirm it to add it.')
    case 'address':
      return new ApiError('invalid', 'The rule has no address.', {
        problems: [{ path: 'ip', message }],
      })
    default:
      return code satisfies never
  }
}

function describeRule(rule: StoredRule): z.output<typeof ruleView> {
  const { id, ip, type: kind, reason, active, app, user, addedBy, createdAt } = rule
  const at = createdAt === null ? null : formatInstant(createdAt)
  return { id, ip, type: kind, reason, active, app, user, addedBy, createdAt: at }
}
