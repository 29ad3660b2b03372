/** Answers of the relay that need no admission, for requests that came from our Caddy. */

import type { AddressRules } from '../model/address-rule.ts'
import type { Answer } from './answer.ts'
import type { Call } from './call.ts'
import { readLateRefusal } from './late-refusal.ts'
import { jsonAnswer, sendAnswer } from './send.ts'
import { sendRefusal } from './send-refusal.ts'

export type OpenDeps = {
  readonly version: string
  readonly addressRules: () => AddressRules
  /** Whether a host belongs to services only. */
  readonly isServiceHost: (host: string) => boolean
  /** Whether a path belongs to a room of ours for which nothing is configured. */
  readonly isAbsent: (path: string) => boolean
  /** Returns the public document at a path; null if there is none. */
  readonly wellKnown: (path: string) => Answer | null
}

/** Answers a request that needs no admission; returns false for all others. */
export function answerOpen(call: Call, deps: OpenDeps): boolean {
  const { request, response } = call
  const refusal = readLateRefusal(request)
  if (refusal !== null) {
    sendRefusal(call, () => refusal)
    return true
  }
  const { method = '', url = '' } = request
  const answer = findOpen(method, url, deps)
  if (answer === null) return false
  // At a service's own host these paths belong to the service.
  if (request.headersDistinct['x-gatekeeper-host']?.some(deps.isServiceHost)) return false
  if (isRefusedAddress(request, deps)) return false
  sendAnswer(response, answer, method === 'HEAD')
  return true
}

/** Whether a rule refuses the address; admission then answers with the refusal. */
function isRefusedAddress({ url, headersDistinct }: Call['request'], deps: OpenDeps): boolean {
  // Caddy's own question has no client.
  if (url === '/livez') return false
  const [address = ''] = headersDistinct['x-gatekeeper-client-address'] ?? []
  return deps.addressRules().findRefusing(address) !== null
}

function findOpen(method: string, url: string, deps: OpenDeps): Answer | null {
  const [path = ''] = url.split('?', 1)
  // Caddy's health check of this listener.
  if (path === '/livez') return jsonAnswer(200, { status: 'ok' })
  if (path === '/health') return jsonAnswer(200, describeHealth(deps.version))
  if (deps.isAbsent(path)) return missing
  return method === 'GET' || method === 'HEAD' ? deps.wellKnown(path) : null
}

/** As Caddy answers for a path of nobody, to the letter (caddy/Caddyfile, `missing`). */
const missing = jsonAnswer(404, {
  type: 'error',
  error: {
    message: 'There is no such endpoint here.',
    type: 'not_found_error',
    param: null,
    code: 'not_found',
  },
})

/** The body of `/health`, which anybody may read. It does not reveal which services exist. */
function describeHealth(version: string) {
  return { status: 'ok', timestamp: new Date().toISOString(), version }
}
