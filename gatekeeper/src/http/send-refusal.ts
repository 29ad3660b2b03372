import type { Answer } from './answer.ts'
import type { Call } from './call.ts'
import { sendAnswer } from './send.ts'
import { afterUnreadBody, cutLongBody } from './unread-body.ts'

/**
 * Sends the refusal that `render` returns, after as much of the client's body has been read as its
 * protocol needs. Then calls `onSent`.
 */
export function sendRefusal(
  { request, response }: Call,
  render: () => Answer,
  onSent: () => void = () => {},
): void {
  afterUnreadBody(request, () => {
    const answer = render()
    // Caddy's check is a GET even for a client's HEAD; the framing follows this connection.
    const isHead = request.method === 'HEAD'
    sendAnswer(response, request.complete ? answer : closing(answer), isHead)
    cutLongBody(request)
    onSent()
  })
}

/**
 * Tells Caddy to close the client's HTTP/1 connection after this answer. Otherwise Go would first
 * read the rest of the body, and a client that sends slowly would not get its refusal.
 */
function closing(answer: Answer): Answer {
  return { ...answer, fields: { ...answer.fields, 'x-gatekeeper-close': '1' } }
}
