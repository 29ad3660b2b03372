/**
 * Finds limits of a caller that cannot be enforced at a point that does not see what they count.
 * Such a request is refused, and the service reports such routes at start.
 */
import { type Caps, capNames } from '../model/caps.ts'
import type { Question } from '../model/decision.ts'
import type { Detail } from '../model/detail.ts'
import type { ScopedLimit } from '../model/limit.ts'
import { isOfModels, isSeenOnHead } from '../model/limit.ts'
import { isModelLimited, type Principal } from '../model/principal.ts'
import { hasFreeUse, type Route, routeText, type Service } from '../model/service.ts'

type Limited = {
  readonly principal: Principal
  readonly limits: readonly ScopedLimit[]
}

/** Returns what cannot be enforced if only heads are checked; null if everything can. */
export function findUnheldOnCheck(
  service: Service | null,
  { principal, limits }: Limited,
): string | null {
  const isFree = service !== null && hasFreeUse(service)
  const unseen = limits.find(({ limit }) => !isSeenOnHead(limit) && !(isFree && isOfModels(limit)))
  if (unseen !== undefined) return unseen.limit.text
  if (!isFree && isModelLimited(principal)) return 'models'
  if (!isFree && principal.cloudModels === false) return 'cloudModels'
  return findCap(principal.caps, isFree)
}

/** For a service without models, only images count. */
function findCap(caps: Caps, isFree: boolean): string | null {
  const names = isFree ? (['imageBytes'] as const) : capNames
  const name = names.find((one) => caps[one] !== null)
  return name === undefined ? null : `caps.${name}`
}

/** Describes for the caller what cannot be enforced, where, and what to do. */
export function describeUnheld({ facts }: Question, what: string): Detail {
  const { service, route, endpoint } = facts
  const place = route === null ? facts.path : routeText(route)
  if (facts.point === 'relay') {
    const where = `${endpoint?.method ?? facts.method} ${endpoint?.pattern ?? place}`
    const text = `The limit ${what} cannot be enforced at ${where}, because its body is not read. Call another endpoint, or use a key without this limit.`
    return { text, param: null }
  }
  const text = `The limit ${what} cannot be enforced on ${place}, where only the head of a request is checked. ${instead(service, place)}`
  return { text, param: null }
}

function instead(service: Service | null, place: string): string {
  const relayed = service === null ? [] : relayedPrefixes(service)
  return relayed.length === 0
    ? 'Use a key without this limit, or ask the operator for a relayed route (mode: relay).'
    : `Use ${relayed.join(' or ')} instead, or ask the operator to set mode: relay for ${place}.`
}

function relayedPrefixes({ routes }: { readonly routes: readonly Route[] }): string[] {
  return routes.filter(({ mode }) => mode === 'relay').map(routeText)
}
