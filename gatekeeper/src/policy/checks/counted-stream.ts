import type { Check } from '../../model/decision.ts'

/**
 * Refuses nobody who is known. A stream of OpenAI's form tells what was used only if it is asked to; what the
 * client did not ask for is hidden from it again. `output` sets apart the streams that are no text,
 * whose servers refuse the question.
 */
export const countedStream: Check = {
  name: 'counted-stream',
  needs: 'body',
  examine: ({ caller }) => (typeof caller === 'string' ? caller : null),
  oblige: ({ facts, body }) => {
    const { endpoint } = facts
    const isText = endpoint?.usage?.isAskedFor && endpoint.output.length > 0
    // Some upstreams refuse a stream that is asked for it; then its usage is estimated.
    const isLeft = facts.service?.streamUsage === 'leave'
    const isAsked = isLeft || !isText || body === null || !body.isStream || body.isUsageAsked
    return isAsked ? null : { kind: 'ask-usage' }
  },
}
