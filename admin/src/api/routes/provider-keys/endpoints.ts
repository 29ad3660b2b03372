/**
 * Keys of providers: masks alone are shown, and a new key is sealed here to the vault's public half.
 * Nothing in this process can open what it has sealed.
 */
import { z } from 'zod'
import { formatInstant } from '../../../../../gatekeeper/src/lib/instant.ts'
import { isVisibleAscii } from '../../../../../gatekeeper/src/lib/net/fields.ts'
import {
  type ProviderKeyDeps,
  readProviderKeys,
  readRecipientFile,
  readRecipientText,
  removeProviderKey,
  setProviderKey,
  UnknownProviderKeyError,
} from '../../../../../gatekeeper/src/operations/vault/provider-key-writer.ts'
import type { ApiDeps } from '../../api-deps.ts'
import { ApiError } from '../../api-error.ts'
import type { Caller } from '../../caller.ts'
import { type Call, defineEndpoint, type Endpoint } from '../../endpoint.ts'
import { isInScope, mayChange, scopeOf } from '../../scope.ts'
import { toFileRefusal } from '../file-refusal.ts'

const readers = ['owner', 'admin', 'auditor'] as const
const writers = ['owner', 'admin'] as const

const params = z.strictObject({ provider: z.string().regex(/^[a-z][a-z0-9-]{0,62}$/) })

const newKey = z.strictObject({
  key: z
    .string()
    .min(8)
    .max(512)
    .refine(isVisibleAscii, 'must be one line of visible ASCII characters'),
})

const view = z.object({
  provider: z.string(),
  /** The address to which alone the key may go. */
  origin: z.string(),
  /** Null if no key is set. */
  mask: z.string().nullable(),
  version: z.number().nullable(),
  team: z.string().nullable(),
  createdAt: z.string().nullable(),
  /** Whether the configured address is still the one that the key was set for. */
  isUsable: z.boolean(),
  /** Whether gatekeeper.yaml or the environment configures the provider now. */
  isConfigured: z.boolean(),
})
type View = z.output<typeof view>

/** Returns the rows of `/provider-keys`. */
export function providerKeyEndpoints(deps: ApiDeps): readonly Endpoint[] {
  return [
    defineEndpoint({
      method: 'GET',
      path: '/provider-keys',
      summary: 'Lists providers and the masks of their keys; no answer has a key.',
      roles: readers,
      answers: { 200: z.object({ items: z.array(view) }) },
      handle: async ({ caller }) => ({ status: 200, body: { items: await list(caller, deps) } }),
    }),
    defineEndpoint({
      method: 'PUT',
      path: '/provider-keys/:provider',
      summary: 'Seals a key of a provider, in place of an older one.',
      roles: writers,
      event: 'provider_key.set',
      stepUp: 'provider_key.set',
      params,
      body: newKey,
      answers: { 200: view, 201: view },
      handle: (call) => set(call, deps),
    }),
    defineEndpoint({
      method: 'DELETE',
      path: '/provider-keys/:provider',
      summary: 'Removes a key of a provider; it is used no more within two seconds.',
      roles: writers,
      event: 'provider_key.removed',
      params,
      answers: { 204: null },
      // It only takes something away, so it is done even if it cannot be recorded.
      handle: async ({ params: { provider }, caller, recordEnded: record }) => {
        const { installation, clock } = deps
        await orRefuse(() =>
          removeProviderKey(installation.providersFile, provider, {
            ...{ clock, record, judge: judgeIn(caller, unknownKey) },
          }),
        )
        return { status: 204 }
      },
    }),
  ]
}

/** A key that is not of a team is of the whole installation, and so is a provider without a key. */
function judgeIn(caller: Caller, refusal: () => ApiError): NonNullable<ProviderKeyDeps['judge']> {
  return (row) => {
    if (!mayChange(scopeOf(caller), { team: row?.team ?? null })) throw refusal()
  }
}

async function list(caller: Caller, { installation }: ApiDeps): Promise<readonly View[]> {
  const scope = scopeOf(caller)
  const { providersFile, providerOrigins, services } = installation
  const rows = await orRefuse(() => readProviderKeys(providersFile))
  const names = [...new Set([...Object.keys(providerOrigins), ...Object.keys(rows)])].toSorted()
  const rowOf = (name: string) => (Object.hasOwn(rows, name) ? rows[name] : undefined)
  const seen = names.filter((name) => isInScope(scope, { team: rowOf(name)?.team ?? null }))
  return seen.map((provider) => {
    const row = rowOf(provider)
    const origin = Object.hasOwn(providerOrigins, provider) ? providerOrigins[provider] : undefined
    return {
      ...{ provider, origin: row?.origin ?? origin ?? '' },
      ...{ mask: row?.mask ?? null, version: row?.version ?? null },
      createdAt: row === undefined ? null : formatInstant(row.createdAt),
      ...{ team: row?.team ?? null, isUsable: row !== undefined && row.origin === origin },
      isConfigured: services.names.includes(provider),
    }
  })
}

type Setting = Call<{ readonly provider: string }, unknown, z.output<typeof newKey>>

async function set({ params: { provider }, body, caller, record }: Setting, deps: ApiDeps) {
  const { installation, clock } = deps
  const { providerOrigins, providersFile, services } = installation
  services.requireKnown()
  if (!Object.hasOwn(providerOrigins, provider)) throw unknownProvider()
  // Before anything is sealed: the answer must not depend on the vault.
  const before = (await orRefuse(() => readProviderKeys(providersFile)))[provider] ?? null
  const judge = judgeIn(caller, unknownProvider)
  judge(before)
  const origin = providerOrigins[provider] as string
  const recipient = await requireRecipient(deps)
  const wanted = { name: provider, key: body.key, origin, recipient }
  const row = await orRefuse(() => setProviderKey(providersFile, wanted, { clock, record, judge }))
  const found = (await list(caller, deps)).find((one) => one.provider === provider)
  return { status: row.version === 1 ? 201 : 200, body: found as View }
}

const ensured = z.object({ recipient: z.string() })

/**
 * The running gatekeeper knows to which key is sealed now, and makes the first one. The file that it
 * writes is for when it does not run; in a container this process does not see the file at all.
 */
async function requireRecipient({ installation, askGatekeeper }: ApiDeps) {
  const answer = await askGatekeeper('/vault/ensure').catch(() => null)
  const parsed = answer?.status === 200 ? ensured.safeParse(answer.document) : null
  const recipient =
    parsed?.success === true
      ? readRecipientText(parsed.data.recipient)
      : await readRecipientFile(installation.vaultPublicFile)
  if (recipient !== null) return recipient
  const what = 'The vault has no key to seal to, and the gatekeeper, which makes it, did not.'
  throw new ApiError('unavailable', `${what} Start it, and see its log.`)
}

const unknownProvider = () => new ApiError('not_found', 'There is no provider with this name.')
const unknownKey = () => new ApiError('not_found', 'There is no key of this provider.')

async function orRefuse<Result>(change: () => Promise<Result>): Promise<Result> {
  try {
    return await change()
  } catch (error) {
    if (!(error instanceof UnknownProviderKeyError)) throw toFileRefusal(error)
    throw unknownKey()
  }
}
