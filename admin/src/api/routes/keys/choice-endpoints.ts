import { z } from 'zod'
import { controlName } from '../../../../../gatekeeper/src/model/known-services.ts'
import { roles } from '../../../../../gatekeeper/src/model/principal.ts'
import { readServices } from '../../../../../gatekeeper/src/operations/services/read-services.ts'
import type { ApiDeps } from '../../api-deps.ts'
import type { Caller } from '../../caller.ts'
import { defineEndpoint, type Endpoint } from '../../endpoint.ts'
import { scopeOf } from '../../scope.ts'
import { toFileRefusal } from '../file-refusal.ts'

const choice = z.object({
  name: z.string(),
  kind: z.string(),
  isProvider: z.boolean(),
  /** Where clients reach it. */
  routes: z.array(
    z.object({ host: z.string().nullable(), prefix: z.string(), strip: z.boolean() }),
  ),
  /** Whether the caller's own access gives it: only then may a new key of the caller have it. */
  isUsable: z.boolean(),
})

const view = z.object({ services: z.array(choice), roles: z.array(z.enum(roles)) })

/** Returns the row of what a new key can have. */
export function keyChoiceEndpoint(deps: ApiDeps): Endpoint {
  return defineEndpoint({
    method: 'GET',
    path: '/key-choices',
    summary: 'Lists services and roles that a key of the caller can have, and where they are.',
    roles: 'any',
    answers: { 200: view },
    handle: async ({ caller }) => ({ status: 200, body: describeChoices(caller, deps) }),
  })
}

/** A member learns of the services that they may use, and of no others. */
function describeChoices(caller: Caller, { installation }: ApiDeps): z.output<typeof view> {
  const { serviceNameOf, namesOfAll } = installation.services
  const { seesAll } = scopeOf(caller)
  const access = caller.person === null ? null : caller.person.access
  const expand = (name: string) => (name === '*' ? namesOfAll : [serviceNameOf(name) ?? name])
  const own = new Set(access?.services.flatMap(expand) ?? [])
  const isUsable = (name: string) => caller.person === null || own.has(name)
  const known = readKnown(installation).map(({ name, kind, isProvider, routes }) => {
    const places = routes.map(({ host, prefix, strip }) => ({ host, prefix, strip }))
    return { name, kind, isProvider, routes: places, isUsable: isUsable(name) }
  })
  const control = { name: controlName, kind: controlName, isProvider: false, routes: [] }
  const all = [...known, { ...control, isUsable: isUsable(controlName) }]
  const most = caller.person === null ? 'admin' : (access?.role ?? 'readonly')
  return {
    services: all.filter((one) => seesAll || one.isUsable),
    roles: roles.slice(0, roles.indexOf(most) + 1),
  }
}

function readKnown(installation: ApiDeps['installation']) {
  try {
    return readServices(installation)
  } catch (error) {
    throw toFileRefusal(error)
  }
}
