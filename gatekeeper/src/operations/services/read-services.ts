import { loadGateway } from '../../config/load-gateway.ts'
import { readTextFile } from '../../lib/files/text-file.ts'
import { ProblemsError } from '../../lib/problem.ts'
import { accountOf, addressOf, type Service } from '../../model/service.ts'
import type { Installation } from '../installation.ts'

/** A service as gatekeeper.yaml configures it, without any secret. */
export type ServiceView = ReturnType<typeof viewService>

/** Returns the services as configured now. Throws a ProblemsError if gatekeeper.yaml is broken. */
export function readServices({ settings }: Pick<Installation, 'settings'>): readonly ServiceView[] {
  const { services, problems } = loadGateway(settings, readTextFile)
  if (problems.length > 0) throw new ProblemsError(problems)
  return services.map(viewService)
}

function viewService(service: Service) {
  const { name, kind, aliases, routes, upstream, limits, queue, origins, anonymous } = service
  return {
    ...{ name, kind: kind.name, aliases, anonymous, origins },
    isProvider: kind.provider !== undefined,
    /** The service whose address, limits and slots it shares; null if they are its own. */
    behind: accountOf(service) === name ? null : accountOf(service),
    address: upstream === null ? null : addressOf(upstream),
    routes: routes.map(({ host = null, prefix, strip, mode, browser }) => {
      return { host, prefix: prefix || '/', strip, mode, browser }
    }),
    limits: limits.map(({ text }) => text),
    slots: queue?.slots ?? null,
  }
}
