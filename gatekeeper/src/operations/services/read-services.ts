import { loadGateway } from '../../config/load-gateway.ts'
import { readTextFile } from '../../lib/files/text-file.ts'
import { ProblemsError } from '../../lib/problem.ts'
import { type ServiceView, viewService } from '../../model/service-view.ts'
import type { Installation } from '../installation.ts'

/**
 * Returns the services as gatekeeper.yaml says now, as far as this process has the settings: the
 * running gatekeeper knows better. Throws a ProblemsError if the file is broken.
 */
export function readServices({ settings }: Pick<Installation, 'settings'>): readonly ServiceView[] {
  const { services, problems } = loadGateway(settings, readTextFile)
  if (problems.length > 0) throw new ProblemsError(problems)
  return services.map(viewService)
}
