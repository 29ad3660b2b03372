/**
 * Hands an admitted request to the admin process, which alone writes documents. Without that process
 * the request is refused (`control-plane-off`), and everything else works.
 */
import { pathParameters } from '../../kinds/find-endpoint.ts'
import type { Endpoint } from '../../model/endpoint.ts'
import type { HandedOver } from '../../model/handed-over.ts'
import { controlName } from '../../model/known-services.ts'
import { lineageOf, type Principal, roles } from '../../model/principal.ts'
import { RefusedError } from '../../model/refused-error.ts'
import type { CollectedAnswer } from '../../upstreams/collect-answer.ts'
import type { Answer } from '../answer.ts'
import { jsonFields } from '../send.ts'
import type { OwnRequest } from './own.ts'

export type HandOverDeps = {
  /**
   * Asks the admin process; rejects with a `code` if there is no answer. Null where that process is
   * left out.
   */
  readonly ask: ((json: string) => Promise<CollectedAnswer>) | null
  /** Called if there is no answer, with the code. */
  readonly onSilence: (code: string, requestId: string) => void
}

/**
 * Answers a request by handing it over. `body` is a JSON text instead of the body of the request,
 * for an endpoint that seals a secret in it first. Throws a RefusedError without an answer.
 */
export type HandOver = (request: OwnRequest, body?: string) => Promise<Answer>

/** What one caller may ask at a time. A report about many calls takes that process seconds. */
const readsMax = 4
const writesMax = 16

export function createHandOver({ ask, onSilence }: HandOverDeps): HandOver {
  const running = new Map<string, number>()
  const count = (name: string, step: 1 | -1) => {
    const now = (running.get(name) ?? 0) + step
    if (now === 0) running.delete(name)
    else running.set(name, now)
  }
  return async (request, body = request.bytes?.toString('utf8') ?? 'null') => {
    // Anybody can be a user of a public app, for whom nothing is kept.
    if (request.admission.principal.app?.isPublic) throw new RefusedError('class-not-granted')
    if (ask === null) throw new RefusedError('control-plane-off')
    const handed = describe(request)
    const isRead = handed.method === 'GET'
    const name = `${isRead} ${handed.principal.id}`
    const isFull = (running.get(name) ?? 0) >= (isRead ? readsMax : writesMax)
    // Nobody may keep administrators from their answers.
    if (isFull && !isAdministrator(handed)) throw new RefusedError('too-many-running')
    // The body is valid JSON in its plain form already.
    const statement = `${JSON.stringify(handed).slice(0, -1)},"body":${body}}`
    count(name, 1)
    try {
      const { status, text } = await ask(statement)
      return { status, fields: jsonFields, body: text }
    } catch (error) {
      const { code, name: kind } = error as NodeJS.ErrnoException
      onSilence(code ?? kind, handed.requestId)
      throw new RefusedError('control-plane-off')
    } finally {
      count(name, -1)
    }
  }
}

const isAdministrator = ({ principal: { role, services } }: HandedOver) =>
  role === 'admin' && services.includes(controlName)

function describe({ admission: { facts, principal } }: OwnRequest): HandedOver {
  const endpoint = facts.endpoint as Endpoint
  return {
    method: endpoint.method,
    pattern: endpoint.pattern,
    params: pathParameters(endpoint, facts.endpointPath),
    query: facts.query,
    principal: describePrincipal(principal),
    clientAddress: facts.clientAddress,
    userAgent: facts.userAgent,
    requestId: facts.requestId,
  }
}

/** A narrowed token may not do what its parent may not do. */
function describePrincipal(principal: Principal): HandedOver['principal'] {
  const { id, kind, user, services } = principal
  const lineage = lineageOf(principal)
  const role = roles.find((one) => lineage.some((each) => each.role === one)) ?? 'readonly'
  const granted = services.filter((name) => lineage.every((each) => each.services.includes(name)))
  return { id, kind, user, role, services: granted }
}
