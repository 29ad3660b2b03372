/**
 * Split keys: a user brings a key of a provider, and gets a part of it back. Here it is split and
 * sealed; what is handed over to the writer has neither the key nor the client's part.
 */
import { randomBytes } from 'node:crypto'
import type { z } from 'zod'
import { pathParameters } from '../../kinds/find-endpoint.ts'
import { isObject } from '../../lib/json/is-object.ts'
import { parseJson } from '../../lib/json/parse-json.ts'
import { plainIssue } from '../../lib/json/plain-issue.ts'
import type { Endpoint } from '../../model/endpoint.ts'
import type { Reason } from '../../model/reason.ts'
import { RefusedError } from '../../model/refused-error.ts'
import type { ShownPart, Split, SplitKeys } from '../../vault/split-keys.ts'
import { newSplitKey, shownPart } from '../../wire/split-keys.ts'
import type { Answer } from '../answer.ts'
import { jsonAnswer } from '../send.ts'
import type { HandOver } from '../serve/hand-over.ts'
import type { OwnEndpoints, OwnRequest } from '../serve/own.ts'

export type SplitKeyDeps = {
  readonly splitKeys: Pick<SplitKeys, 'find' | 'join' | 'split' | 'rotate'>
  /** The names of the providers that a key may be for. */
  readonly providers: readonly string[]
  readonly handOver: HandOver
  /** Reads the document again, so that a change is in force before it is answered. */
  readonly reload: () => Promise<void>
  /** Counts a wrong part as an attempt of its address; returns the reason to refuse with. */
  readonly countFailure: (clientAddress: string, reason: Reason) => Reason
}

/** Returns the endpoints under `/api/split-key` that are not handed over as they are. */
export function splitKeyEndpoints(deps: SplitKeyDeps): OwnEndpoints {
  return {
    '/api/split-key/split': (request) => split(request, deps),
    '/api/split-key/{id}': async (request) => {
      const answer = await deps.handOver(request)
      if (request.admission.facts.method === 'DELETE') await deps.reload()
      return answer
    },
    '/api/split-key/{id}/validate': (request) => validate(request, deps),
    '/api/split-key/{id}/rotate': (request) => rotate(request, deps),
  }
}

async function split(request: OwnRequest, deps: SplitKeyDeps): Promise<Answer> {
  const owner = ownerOf(request)
  const body = readBody(newSplitKey, request)
  if ('status' in body) return body
  const { originalKey: key, apiProvider: provider, description = null } = body
  if (!deps.providers.includes(provider)) {
    const known = deps.providers.join(', ')
    return invalid([{ path: 'apiProvider', message: `must be one of ${known}` }])
  }
  // The id and the description are stored, and ids stand in reports. A short key has the form of an id.
  const path = (['keyId', 'description'] as const).find((name) => body[name]?.includes(key))
  if (path !== undefined) return invalid([{ path, message: 'must not contain the key' }])
  // No names in it: ids stand in logs and reports.
  const id = body.keyId ?? `sk-${randomBytes(18).toString('base64url')}`
  const team = request.admission.principal.team ?? null
  const made = deps.splitKeys.split({ id, owner, team, provider, description, key })
  if (made === null) throw new RefusedError('vault-closed')
  return await write(request, made, deps)
}

async function validate(request: OwnRequest, deps: SplitKeyDeps): Promise<Answer> {
  const shown = readShown(request)
  if ('status' in shown) return shown
  const row = deps.splitKeys.find(shown.owner, shown.id)
  if (row === null) return unknown
  if (deps.splitKeys.join(shown, row.provider) === null) {
    fail(request, deps, 'split-key-refused')
    return jsonAnswer(400, { valid: false, keyId: shown.id })
  }
  return jsonAnswer(200, { valid: true, keyId: shown.id })
}

async function rotate(request: OwnRequest, deps: SplitKeyDeps): Promise<Answer> {
  const shown = readShown(request)
  if ('status' in shown) return shown
  if (deps.splitKeys.find(shown.owner, shown.id) === null) return unknown
  const made = deps.splitKeys.rotate(shown)
  if (made === null) throw new RefusedError(fail(request, deps, 'split-key-refused'))
  return await write(request, made, deps)
}

/** Has the sealed row written, and adds to the answer what only the client gets. */
async function write(
  request: OwnRequest,
  { row, clientPart }: Split,
  { handOver, reload }: SplitKeyDeps,
): Promise<Answer> {
  const answer = await handOver(request, JSON.stringify(row))
  if (answer.status >= 300) return answer
  await reload()
  const written = parseJson(answer.body)
  if (!isObject(written) || !isObject(written['data'])) throw new Error('no row was written')
  const { createdAt } = written['data']
  const data = {
    ...{ keyId: row.id, apiProvider: row.provider, clientPart, algorithm: 'AES-256-GCM' },
    createdAt,
    instructions: `Send with each request to ${row.provider}: X-Partial-Key-Id: ${row.id} and X-Partial-Key: the clientPart. It is shown once and stored nowhere here.`,
  }
  return jsonAnswer(answer.status, { ...written, data })
}

/** Throws a RefusedError if the address has no attempts left. */
function fail(
  { admission: { facts } }: OwnRequest,
  { countFailure }: SplitKeyDeps,
  wanted: Reason,
): Reason {
  const reason = countFailure(facts.clientAddress, wanted)
  if (reason !== wanted) throw new RefusedError(reason)
  return reason
}

/** Keys are kept for users of apps that are known: of a public app anybody can be any user. */
function ownerOf({ admission: { principal } }: OwnRequest): string {
  if (principal.app === undefined || principal.app.isPublic) {
    throw new RefusedError('class-not-granted')
  }
  return principal.user
}

function readShown(request: OwnRequest): ShownPart | Answer {
  const owner = ownerOf(request)
  const body = readBody(shownPart, request)
  if ('status' in body) return body
  const { endpoint, endpointPath } = request.admission.facts
  const { id = '' } = pathParameters(endpoint as Endpoint, endpointPath)
  return { owner, id, clientPart: body.clientPart }
}

function readBody<T extends object>(schema: z.ZodType<T>, { bytes }: OwnRequest): T | Answer {
  const value = parseJson(bytes?.toString('utf8') ?? '')
  const parsed = schema.safeParse(value, { error: plainIssue })
  if (parsed.success) return parsed.data
  return invalid(
    parsed.error.issues.map(({ path, message }) => ({ path: path.map(String).join('.'), message })),
  )
}

function invalid(details: readonly { readonly path: string; readonly message: string }[]): Answer {
  const message = details.map((one) => `${one.path} ${one.message}`.trim()).join('; ')
  return jsonAnswer(400, { error: 'Validation Error', message: `${message}.`, details })
}

const unknown = jsonAnswer(404, { error: 'Not Found', message: 'There is no such split key.' })
