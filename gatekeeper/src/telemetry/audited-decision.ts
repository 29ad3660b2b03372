import { groupAddress } from '../lib/net/address-group.ts'
import type { RequestFacts } from '../model/facts.ts'
import { scrubKeys } from '../model/key-shape.ts'
import { isStranger } from '../model/principal.ts'
import type { Decided, DescribedDecision } from './decision-log.ts'

const userAgentCharsMax = 200
const modelCharsMax = 100

/**
 * Returns the audit record of a decided request: the content of the log line, plus the client's
 * program and the requested model. Both are texts from the client, so anything that may be a
 * credential is hidden.
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

/**
 * Returns whether the request changes what others use: models that are pulled or deleted, settings
 * of a service.
 */
export function isAct({ endpoint }: RequestFacts): boolean {
  return endpoint?.class === 'manage'
}

/** Classifies a decided request for the audit's rules. */
export function classifyDecided({ facts, principal, reason, status }: Decided) {
  // Refusals of strangers must not fill the disk.
  const isKnown = principal !== null && !isStranger(principal)
  // A refused OAuth request was admitted, like all of them, and refused by its endpoint.
  const isRefused = reason !== null || (facts?.service?.kind.isOwn === true && status >= 400)
  return {
    isKnown,
    isAllowed: !isRefused,
    isAct: facts !== null && isAct(facts),
    reason: reason ?? String(status),
    addressGroup: facts === null || isKnown ? '' : groupAddress(facts.clientAddress),
  }
}

/** Hidden before truncation: a truncated credential no longer has its form. */
function hideInUserAgent(text: string): string {
  return scrubKeys(text)
    .replace(/[A-Za-z0-9_=~+.-]{24,}|[A-Za-z0-9_=~+./-]{40,}/g, '***')
    .slice(0, userAgentCharsMax)
}

/** Model names are long, and contain dots, colons and slashes; random texts do not. */
function hideInModel(text: string): string {
  return scrubKeys(text)
    .replace(
      /[A-Za-z0-9_-]{12,}\.[A-Za-z0-9_-]{12,}\.[A-Za-z0-9_-]{12,}|[A-Za-z0-9_=+-]{40,}/g,
      '***',
    )
    .slice(0, modelCharsMax)
}
