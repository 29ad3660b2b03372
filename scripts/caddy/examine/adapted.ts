/**
 * Walks the result of `caddy adapt` as Caddy runs it: routes in order, and for every handler the
 * handlers that ran before it. https://caddyserver.com/docs/json/apps/http/servers/routes/
 */
export type Json = Readonly<Record<string, unknown>>

/** A handler that may have run; `isCertain` if it runs without a condition. */
export type Step = { readonly handler: Json; readonly isCertain: boolean }

/** One handler, with the routes and handlers that lead to it. */
export type Visit = {
  readonly handler: Json
  readonly steps: readonly Step[]
  /** The matcher sets of the routes that lead to it, the outermost first. */
  readonly matches: readonly (readonly Json[])[]
  /** `answers`: runs on the answer of a proxy; `errors`: runs in the error routes. */
  readonly place: 'routes' | 'answers' | 'errors'
  /** Addresses that its server listens on. */
  readonly listen: readonly string[]
}

export function objectOf(value: unknown): Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : {}
}

export function listOf(value: unknown): readonly Json[] {
  return Array.isArray(value) ? value.map(objectOf) : []
}

export function textsOf(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((text) => typeof text === 'string') : []
}

/** Returns the member at the end of a path of names; undefined if a name is missing. */
export function memberAt(value: unknown, ...names: readonly string[]): unknown {
  return names.reduce((at: unknown, name) => objectOf(at)[name], value)
}

export function serversOf(adapted: Json): readonly Json[] {
  return Object.values(objectOf(memberAt(adapted, 'apps', 'http', 'servers'))).map(objectOf)
}

/** Returns every handler of every server. */
export function visitHandlers(adapted: Json): Visit[] {
  return serversOf(adapted).flatMap((server) => {
    const way: Way = {
      steps: [],
      matches: [],
      place: 'routes',
      listen: textsOf(server['listen']),
    }
    const errors = memberAt(server, 'errors', 'routes')
    return [
      ...walkRoutes(server['routes'], way).visits,
      ...walkRoutes(errors, { ...way, place: 'errors' }).visits,
      // A named route may be invoked with or without a check before it: assume without.
      ...walkRoutes(Object.values(objectOf(server['named_routes'])), way).visits,
    ]
  })
}

type Way = Omit<Visit, 'handler'>
type Walked = { readonly visits: readonly Visit[]; readonly steps: readonly Step[] }

function walkRoutes(routes: unknown, way: Way): Walked {
  const visits: Visit[] = []
  const ran: { readonly group: unknown; readonly steps: readonly Step[] }[] = []
  for (const route of listOf(routes)) {
    const { group } = route
    const match = listOf(route['match'])
    // Of the routes in one group only the first match runs.
    const others = ran.filter((other) => group === undefined || other.group !== group)
    const steps = [...way.steps, ...others.flatMap((other) => other.steps)]
    const matches = match.length > 0 ? [...way.matches, match] : way.matches
    const walked = walkHandlers(listOf(route['handle']), { ...way, steps, matches })
    visits.push(...walked.visits)
    const isCertain = match.length === 0 && group === undefined
    const added = walked.steps.slice(steps.length)
    // A terminal route with a condition runs instead of later routes, never before them.
    if (isCertain || route['terminal'] !== true) {
      ran.push({ group, steps: isCertain ? added : added.map(doubt) })
    }
  }
  return { visits, steps: [...way.steps, ...ran.flatMap(({ steps }) => steps)] }
}

const doubt = (step: Step): Step => ({ ...step, isCertain: false })

function walkHandlers(handlers: readonly Json[], way: Way): Walked {
  const visits: Visit[] = []
  let { steps } = way
  for (const handler of handlers) {
    visits.push({ ...way, steps, handler })
    const inside = walkRoutes(handler['routes'], { ...way, steps })
    const errors = memberAt(handler, 'errors', 'routes')
    visits.push(...inside.visits, ...walkRoutes(errors, { ...way, steps, place: 'errors' }).visits)
    for (const { routes } of listOf(handler['handle_response'])) {
      const place = way.place === 'errors' ? 'errors' : 'answers'
      visits.push(...walkRoutes(routes, { ...way, steps, place }).visits)
    }
    steps =
      handler['handler'] === 'subroute' ? inside.steps : [...steps, { handler, isCertain: true }]
  }
  return { visits, steps }
}
