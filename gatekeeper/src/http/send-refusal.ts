import type { Answer } from './answer.ts'
import type { Call } from './call.ts'
import { sendAnswer } from './send.ts'
import { afterUnreadBody, cutLongBody } from './unread-body.ts'

/**
 * Sends a refusal when as much of the client's body has been read as its protocol needs: `render`
 * makes it then. After that it calls `onSent`.
 */
export function sendRefusal(
  { request, response }: Call,
  render: () => Answer,
  onSent: () => void = () => {},
): void {
  afterUnreadBody(request, () => {
    const answer = render()
    // Caddy's check is a GET even for a client's HEAD: the framing is that of this connection.
    const isHead = request.method === 'HEAD'
    sendAnswer(response, request.complete ? answer : closing(answer), isHead)
    cutLongBody(request)
    onSent()
  })
}

/**
 * Tells Caddy to close the client's HTTP/1 connection after this answer. Otherwise Go would first
 * read what the client still sends, and a client that trickles its body would wait for its refusal.
 */
function closing(answer: Answer): Answer {
  return { ...answer, fields: { ...answer.fields, 'x-gatekeeper-close': '1' } }
}
