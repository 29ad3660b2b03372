/** Answers errors as RFC 9457 says. The cause of a fault is for the log alone. */
import { STATUS_CODES } from 'node:http'
import type Koa from 'koa'
import { UnrecordedError } from '../../../gatekeeper/src/operations/audit/record-acts.ts'
import { ApiError, type ApiReason, apiReasons } from './api-error.ts'

export type LogFault = (error: unknown, requestId?: string) => void

/** Answers what was thrown, and logs it if it is a fault of ours. */
export function answerProblem(
  { res }: Pick<Koa.Context, 'res'>,
  error: unknown,
  { requestId, logFault }: { readonly requestId: string; readonly logFault: LogFault },
): void {
  const refusal = error instanceof ApiError ? error : toRefusal(error)
  if (refusal !== error) logFault(error, requestId)
  if (res.headersSent || res.destroyed) return void res.destroy()
  const status = apiReasons[refusal.reason]
  const text = JSON.stringify(describe(refusal, status, requestId))
  const { retryAfterSeconds, allow } = refusal.details
  res.statusCode = status
  res.setHeader('content-type', 'application/problem+json; charset=utf-8')
  if (status === 401) res.setHeader('www-authenticate', 'Bearer')
  if (allow !== undefined) res.setHeader('allow', allow.join(', '))
  if (retryAfterSeconds !== undefined) res.setHeader('retry-after', String(retryAfterSeconds))
  // The rest of the request is not read, so the connection cannot be used again.
  if (status === 413) res.setHeader('connection', 'close')
  res.setHeader('content-length', Buffer.byteLength(text))
  res.end(res.req.method === 'HEAD' ? undefined : text)
}

function toRefusal(error: unknown): ApiError {
  if (error instanceof UnrecordedError) {
    return new ApiError('unrecorded', 'The audit cannot be written, so nothing was changed.')
  }
  return new ApiError('fault', 'This is a fault of Gatekeeper. Its log has the request id.')
}

function describe({ reason, message, details }: ApiError, status: number, requestId: string) {
  const { problems, act, retryAfterSeconds } = details
  return {
    type: 'about:blank',
    title: STATUS_CODES[status] ?? 'Error',
    ...{ status, detail: message, reason: reason satisfies ApiReason, requestId },
    ...(problems !== undefined && { problems }),
    ...(act !== undefined && { act }),
    ...(retryAfterSeconds !== undefined && { retryAfterSeconds }),
  }
}
