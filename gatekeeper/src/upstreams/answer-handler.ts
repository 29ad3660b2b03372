import type { Dispatcher } from 'undici'
import type { Outcome } from '../policy/admission.ts'
import type { Reason } from '../policy/reason.ts'
import type { Exchange, Forwarded } from './forward.ts'
import { clientFields } from './response-fields.ts'

/** An undici handler that can also be told of a failure before anything was dispatched. */
export type AnswerHandler = Dispatcher.DispatchHandler & { fail(error: Error): void }

type Why = { readonly reason: Reason | null; readonly cause?: string }

/** Carries one answer from undici to the client; calls `done` exactly once, however it ends. */
export function createAnswerHandler(
  exchange: Exchange,
  done: (result: Forwarded) => void,
): AnswerHandler {
  const { response } = exchange
  let controller: Dispatcher.DispatchController | null = null
  let answerBytes = 0
  let isDone = false
  let hasTrailers = false

  const finish = (kind: Outcome['kind'], status: number, why: Why = { reason: null }) => {
    if (isDone) return
    isDone = true
    const { reason, ...cause } = why
    response.off('close', onClose)
    response.off('drain', onDrain)
    done({ outcome: { status, kind, answerBytes, ...cause }, reason })
  }
  const onDrain = () => controller?.resume()
  const onClose = () => {
    // The client left: the upstream stops at once, or it would go on computing for nobody.
    finish('aborted', response.headersSent ? response.statusCode : 499)
    controller?.abort(new Error('the client left'))
  }
  const fail = (error: Error) => {
    // After our own refusal this is only the echo of our abort, and the answer is not to be cut.
    if (isDone) return
    const cause = (error as NodeJS.ErrnoException).code ?? error.name
    if (!response.headersSent) return finish('failed', 0, { reason: reasonOf(error), cause })
    finish('failed', response.statusCode, { reason: null, cause })
    response.destroy()
  }
  response.on('close', onClose)
  response.on('drain', onDrain)

  return {
    fail,
    onRequestStart: (started) => {
      controller = started
      if (isDone) started.abort(new Error('the client left'))
    },
    onResponseStart: (started, status, fields) => {
      if (status < 200 || isDone) return
      // Our credential was refused, not the client's: its own key is good.
      if (status === 401 || status === 407) {
        finish('failed', status, { reason: 'upstream-rejected-us' })
        started.abort(new Error('the upstream does not accept the gatekeeper'))
        return
      }
      hasTrailers = fields['trailer'] !== undefined
      response.writeHead(status, { ...clientFields(fields), ...exchange.answer })
      response.flushHeaders()
    },
    onResponseData: (started, chunk) => {
      if (isDone) return
      answerBytes += chunk.length
      if (!response.write(chunk)) started.pause()
    },
    onResponseEnd: (_started, trailers) => {
      if (isDone) return
      // Node sends trailers where it was told of them only.
      if (hasTrailers) response.addTrailers(clientFields(trailers) as Record<string, string>)
      response.end()
      finish('answered', response.statusCode)
    },
    onResponseError: (_started, error) => fail(error),
  }
}

const unreachableCodes = new Set([
  ...['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH', 'ENOENT'],
])
const timeoutCodes = new Set([
  ...['UND_ERR_CONNECT_TIMEOUT', 'UND_ERR_HEADERS_TIMEOUT', 'UND_ERR_BODY_TIMEOUT', 'ETIMEDOUT'],
])

function reasonOf(error: Error): Reason {
  const { code = '' } = error as NodeJS.ErrnoException
  if (unreachableCodes.has(code)) return 'upstream-unreachable'
  return timeoutCodes.has(code) ? 'upstream-timeout' : 'upstream-failed'
}
