import { parseJson } from '../../../gatekeeper/src/lib/json/parse-json.ts'
import { roles } from '../../../gatekeeper/src/model/principal.ts'
import { addressOf, routeText, type Service } from '../../../gatekeeper/src/model/service.ts'
import type { Examination } from '../../../gatekeeper/src/operations/doctor/examination.ts'
import type { Finding } from '../../../gatekeeper/src/operations/doctor/finding.ts'
import type { Context } from '../context.ts'

/**
 * Finds an Ollama that runs models at its vendor's behind a route that does not see the model:
 * there, a key without restrictions can send prompts out of the network.
 */
export const cloudModels: Examination<Context> = {
  name: 'cloud models',
  examine: async (context) => {
    const { policies, services } = context.gateway
    // Then check routes refuse every caller that could request one.
    if (roles.every((role) => policies.roles[role]?.cloudModels === false)) return []
    return (await Promise.all(services.map((service) => examineService(context, service)))).flat()
  },
}

async function examineService({ outside }: Context, service: Service): Promise<Finding[]> {
  const unseen = service.routes.filter(({ mode }) => mode === 'check')
  if (service.kind.modelNames === undefined || service.upstream === null || unseen.length === 0)
    return []
  const origin = addressOf(service.upstream)
  const answer = await outside.get(`${origin}/api/status`)
  if (answer?.status !== 200 || !isCloudOpen(answer.text)) return []
  const prefixes = unseen.map(routeText).join(', ')
  const what = `runs models at its vendor's (:cloud), and ${prefixes} is checked only: which model a prompt is for is not seen there`
  const remedy =
    'Set OLLAMA_NO_CLOUD=1 where Ollama runs, or say cloudModels: false for the roles in gatekeeper.yaml, or relay that route.'
  return [{ level: 'warning', source: origin, what, remedy }]
}

/** Ollama 0.17 and newer report it; older versions do not. */
function isCloudOpen(text: string): boolean {
  const status = parseJson(text) as { cloud?: { disabled?: unknown } | null } | null | undefined
  return status?.cloud?.disabled === false
}
