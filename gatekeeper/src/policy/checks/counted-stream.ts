import type { Check } from '../../model/decision.ts'

/**
 * Never refuses. A stream in OpenAI's form reports its usage only on request, so the request is
 * added; the resulting event is hidden from a client that did not ask for it. `output` excludes
 * streams that are not text, because their servers refuse the option.
 */
export const countedStream: Check = {
  name: 'counted-stream',
  examine: () => null,
  oblige: ({ facts, body }) => {
    const { endpoint } = facts
    const isText = endpoint?.usage?.isAskedFor && endpoint.output.length > 0
    // Some upstreams refuse a stream with this option; then its usage is estimated.
    const isLeft = facts.service?.streamUsage === 'leave'
    const isAsked = isLeft || !isText || body === null || !body.isStream || body.isUsageAsked
    return isAsked ? null : { kind: 'ask-usage' }
  },
}
