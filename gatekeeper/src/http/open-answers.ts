/** What the relay answers without admission, once the request is known to come from our Caddy. */

import type { Answer } from './answer.ts'
import type { Call } from './call.ts'
import { readLateRefusal } from './late-refusal.ts'
import { jsonAnswer, sendAnswer } from './send.ts'
import { sendRefusal } from './send-refusal.ts'

export type OpenDeps = {
  readonly version: string
  /** Whether services alone stand at a host. */
  readonly isServiceHost: (host: string) => boolean
  /** The document at a path that everybody may read; null where there is none. */
  readonly wellKnown: (path: string) => Answer | null
}

/** Answers a request that needs no admission; false for all others. */
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
  // At a service's own host these paths are the service's.
  if (request.headersDistinct['x-gatekeeper-host']?.some(deps.isServiceHost)) return false
  sendAnswer(response, answer, method === 'HEAD')
  return true
}

function findOpen(method: string, url: string, { version, wellKnown }: OpenDeps): Answer | null {
  const [path = ''] = url.split('?', 1)
  // Caddy's own health check of this listener.
  if (path === '/livez') return jsonAnswer(200, { status: 'ok' })
  if (path === '/health') return jsonAnswer(200, describeHealth(version))
  return method === 'GET' || method === 'HEAD' ? wellKnown(path) : null
}

/** K10: what `/health` says to anybody. Nothing in it tells what stands behind the gateway. */
function describeHealth(version: string) {
  return { status: 'ok', timestamp: new Date().toISOString(), version }
}
