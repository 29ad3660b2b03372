import { createHash } from 'node:crypto'
import { ApiError } from './api-error.ts'

/** Returns a tag of the content; it says nothing about the content itself. */
export function tagOf(content: unknown): string {
  return createHash('sha256').update(JSON.stringify(content)).digest('base64url').slice(0, 22)
}

/**
 * Throws an ApiError unless the caller changes what it has seen: 428 without a tag, 412 if the
 * content is another one by now. Call it inside the lock that writes.
 */
export function requireMatch(ifMatch: string | null, current: string): void {
  if (ifMatch === null) {
    throw new ApiError('precondition_required', 'Send If-Match with the ETag of what you saw.')
  }
  if (ifMatch !== current) {
    throw new ApiError('changed', 'It has been changed meanwhile. Read it again.')
  }
}

/** The same where a tag is not required. */
export function refuseChanged(ifMatch: string | null, current: string): void {
  if (ifMatch !== null) requireMatch(ifMatch, current)
}
