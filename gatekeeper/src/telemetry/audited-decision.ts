import { scrubKeys } from '../model/key-shape.ts'
import type { Decided, DescribedDecision } from './decision-log.ts'

const userAgentCharsMax = 200
const modelCharsMax = 100

/**
 * What an audit holds of a decided request: what the log has, and what the caller says of its program
 * and its model. Both are texts of its own choice, so that whatever may be a credential is hidden.
 */
export function describeAudited(
  decided: Decided,
  described: DescribedDecision,
  isPlainKey: (text: string) => boolean,
): DescribedDecision {
  const { facts, outcome, usage } = decided
  const userAgent = facts?.userAgent ?? null
  const model = usage?.model ?? null
  return {
    event: 'request',
    ...described,
    ...(facts !== null && { class: facts.endpoint?.class }),
    ...(userAgent !== null && { userAgent: hideInUserAgent(userAgent) }),
    ...(outcome !== null && { upstreamStatus: outcome.status }),
    ...(model !== null && { model: isPlainKey(model) ? '***' : hideInModel(model) }),
  }
}

/** Hidden before it is cut: what the cut leaves of a credential has no longer the form of one. */
function hideInUserAgent(text: string): string {
  return scrubKeys(text)
    .replace(/[A-Za-z0-9_=~+.-]{24,}|[A-Za-z0-9_=~+./-]{40,}/g, '***')
    .slice(0, userAgentCharsMax)
}

/** Names of models are long, and have dots, colons and slashes in them; random texts have none. */
function hideInModel(text: string): string {
  return scrubKeys(text)
    .replace(
      /[A-Za-z0-9_-]{12,}\.[A-Za-z0-9_-]{12,}\.[A-Za-z0-9_-]{12,}|[A-Za-z0-9_=+-]{40,}/g,
      '***',
    )
    .slice(0, modelCharsMax)
}
