/**
 * A session is ambient: a browser sends its cookie with requests of pages that are not ours, and to
 * every port of the host. So only the console's own pages may call, and no answer allows others
 * (there is no CORS).
 */
import type { IncomingMessage } from 'node:http'
import { ApiError } from './api-error.ts'
import { onlyValue } from './edge.ts'

/** Throws an ApiError unless a page of the console made the request. */
export function requireSameOrigin(request: IncomingMessage, origin: string): void {
  if (!isSameOrigin(request, origin)) {
    throw new ApiError('not_same_origin', 'Only the pages of the console may call this.')
  }
}

function isSameOrigin(request: IncomingMessage, own: string): boolean {
  const { 'sec-fetch-site': site, origin } = request.headersDistinct
  // With a same-origin GET browsers send no Origin; where it comes, it must be ours.
  if (origin !== undefined && onlyValue(request, 'origin') !== own) return false
  if (site === undefined) return origin !== undefined
  return onlyValue(request, 'sec-fetch-site') === 'same-origin'
}
