import { groupAddress, networkOf } from '../lib/net/address-group.ts'
import type { Limit, ScopedLimit } from '../model/limit.ts'
import { type WidgetRules, widgetName } from '../model/widget.ts'

/** The account of all visitors together. */
const everybody = `service:${widgetName}`

/**
 * Returns what bounds a visitor of the widget beside the limits of its subject, which anybody can
 * have anew: the address, the network, and the budget of all.
 */
export function visitLimits(rules: WidgetRules, clientAddress: string): readonly ScopedLimit[] {
  const { perAddress, perNetwork, outputTokensMax, streamSecondsMax } = rules
  const of = (scope: ScopedLimit['scope'], subject: string, limits: readonly Limit[]) =>
    limits.map((limit) => ({ scope, subject, limit }))
  return [
    ...of('address', `address:${groupAddress(clientAddress)}`, perAddress),
    ...of('network', `network:${networkOf(clientAddress)}`, perNetwork),
    ...budgetOf(rules),
    ...of('service', everybody, [
      ...capOf('output-tokens', outputTokensMax),
      ...capOf('stream-seconds', streamSecondsMax),
    ]),
  ]
}

/** Returns the limits of all visitors together. */
export function budgetOf({ forAll }: WidgetRules): readonly ScopedLimit[] {
  return forAll.map((limit) => ({ scope: 'service', subject: everybody, limit }))
}

function capOf(of: 'output-tokens' | 'stream-seconds', amount: number | null): Limit[] {
  return amount === null ? [] : [{ kind: 'cap', of, amount, text: `${amount}-${of}` }]
}
