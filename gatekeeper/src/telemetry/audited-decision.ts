import { groupAddress } from '../lib/net/address-group.ts'
import type { RequestFacts } from '../model/facts.ts'
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

/** Whether it changes what others use: models that are pulled or deleted, settings of a service. */
export function isAct({ endpoint }: RequestFacts): boolean {
  return endpoint?.class === 'manage'
}

/** By what an audit chooses which decided requests it records. */
export function classifyDecided({ facts, principal, reason, status }: Decided) {
  const isKnown = principal !== null && principal.kind !== 'anonymous'
  // A refused OAuth request was admitted, as all are, and refused by what answered it.
  const isRefused = reason !== null || (facts?.service?.kind.isOwn === true && status >= 400)
  return {
    isKnown,
    isAllowed: !isRefused,
    isAct: facts !== null && isAct(facts),
    reason: reason ?? String(status),
    addressGroup: facts === null || isKnown ? '' : groupAddress(facts.clientAddress),
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
