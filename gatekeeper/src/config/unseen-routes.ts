import type { Problem } from '../lib/problem.ts'
import type { Kind } from '../model/kind.ts'
import { routeText } from '../model/service.ts'
import type { GatewayFile } from './gateway-schema.ts'
import type { ReportAt } from './report-at.ts'
import { modeOf } from './resolve-services.ts'

/** Returns whether its models, tokens and queue apply, which only the relay can enforce. */
const makesText = ({ rows }: Kind) => rows?.some(({ output }) => output.length > 0) === true

/**
 * Warns of check routes of services with models. They may be intended, so the service starts; but
 * older files have `/chat` as one, and its requests bypass the rules of every other route.
 */
export function unseenRouteWarnings(file: GatewayFile, reportAt: ReportAt): Problem[] {
  return Object.entries(file.services).flatMap(([name, entry]) => {
    if (!makesText(entry.kind)) return []
    const checked = entry.routes.flatMap((route, index) =>
      modeOf(entry, route) === 'check' ? [{ place: routeText(route), index }] : [],
    )
    return checked.map(({ place, index }) =>
      reportAt(
        ['services', name, 'routes', index, 'mode'],
        `${place} of ${name} has mode: check, so the queue, token counts and model rules (cloud models too) do not apply there`,
        'Remove mode: check to relay the route like the others, or keep it if this is intended.',
      ),
    )
  })
}
