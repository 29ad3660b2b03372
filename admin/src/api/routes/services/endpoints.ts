/** The services behind the gate: as gatekeeper.yaml says, and whether they answer. */
import { z } from 'zod'
import type { ServiceView } from '../../../../../gatekeeper/src/model/service-view.ts'
import { readServices } from '../../../../../gatekeeper/src/operations/services/read-services.ts'
import type { ApiDeps } from '../../api-deps.ts'
import { defineEndpoint, type Endpoint } from '../../endpoint.ts'

const healths = ['up', 'down', 'unknown', 'no-address', 'key-set', 'key-missing'] as const

const configured = z.object({
  ...{ name: z.string(), kind: z.string(), aliases: z.array(z.string()) },
  ...{ anonymous: z.boolean(), isProvider: z.boolean(), origins: z.array(z.string()) },
  behind: z.string().nullable(),
  address: z.string().nullable(),
  routes: z.array(
    z.object({
      ...{ host: z.string().nullable(), prefix: z.string(), strip: z.boolean() },
      ...{ mode: z.enum(['check', 'relay']), browser: z.string() },
    }),
  ),
  limits: z.array(z.string()),
  slots: z.number().nullable(),
})
const service = configured.extend({
  /** `key-…` for providers, which are not dialled to answer a question. */
  health: z.enum(healths),
  checkedAt: z.string().nullable(),
})
const view = z.object({
  file: z.string(),
  /** Whether they are those in force; else what the file says, as far as it can be read here. */
  isRunning: z.boolean(),
  items: z.array(service),
})

const asked = z.object({
  /** The services in force. */
  configured: z.array(configured),
  services: z.array(
    z.object({
      ...{ name: z.string(), configured: z.boolean(), reachable: z.boolean() },
      checkedAt: z.string().nullable(),
    }),
  ),
  providers: z.array(z.object({ name: z.string(), configured: z.boolean() })),
})
type Asked = z.output<typeof asked>

/** Returns the row of `/services`. */
export function serviceEndpoints({ installation, askGatekeeper }: ApiDeps): readonly Endpoint[] {
  return [
    defineEndpoint({
      method: 'GET',
      path: '/services',
      summary: 'Lists the services of gatekeeper.yaml, and which of them answer now.',
      roles: ['owner', 'admin', 'auditor'],
      answers: { 200: view },
      handle: async () => {
        const answer = await askGatekeeper('/services').catch(() => null)
        const parsed = answer?.status === 200 ? asked.safeParse(answer.document) : null
        const known = parsed?.success === true ? parsed.data : null
        const services = known?.configured ?? readServices(installation)
        const items = services.map((one) => ({ ...one, ...healthOf(one, known) }))
        const body = { file: 'gatekeeper.yaml', isRunning: known !== null, items }
        return { status: 200, body }
      },
    }),
  ]
}

type Health = Pick<z.output<typeof service>, 'health' | 'checkedAt'>

function healthOf(
  { name, behind, isProvider }: Pick<ServiceView, 'name' | 'behind' | 'isProvider'>,
  known: Asked | null,
): Health {
  const unknown = { health: 'unknown', checkedAt: null } as const
  if (known === null) return unknown
  if (isProvider) {
    const provider = known.providers.find((one) => one.name === name)
    if (provider === undefined) return unknown
    return { health: provider.configured ? 'key-set' : 'key-missing', checkedAt: null }
  }
  const found = known.services.find((one) => one.name === (behind ?? name))
  if (found === undefined) return unknown
  if (!found.configured) return { health: 'no-address', checkedAt: null }
  return { health: found.reachable ? 'up' : 'down', checkedAt: found.checkedAt }
}
