import type { Check } from '../../model/decision.ts'
import { ofLineage, ofRole } from '../written-places.ts'

/**
 * Checks how much one request asks of the model server: how long the model stays loaded, the size
 * of its context, of the output and of an image. Unbounded output is bounded by the cap.
 */
export const withinCaps: Check = {
  name: 'within-caps',
  examine: ({ principal, body }) => {
    const { caps, capOutput } = principal
    const exceeds = (asked: number | null | undefined, cap: number | null) =>
      cap !== null && (asked ?? 0) > cap
    if (exceeds(body?.keepAliveSeconds, caps.keepAliveSeconds)) return 'keep-alive-too-long'
    if (exceeds(body?.contextTokens, caps.contextTokens)) return 'context-too-large'
    if (exceeds(body?.imageBytes, caps.imageBytes)) return 'images-too-large'
    return exceeds(body?.outputTokens, caps.outputTokens) && !capOutput ? 'output-too-long' : null
  },
  describe: ({ facts, principal, body }) => {
    const { caps } = principal
    const asks = [
      ['keep_alive', body?.keepAliveSeconds, caps.keepAliveSeconds, 'seconds'],
      ['num_ctx', body?.contextTokens, caps.contextTokens, 'tokens'],
      ['image', body?.imageBytes, caps.imageBytes, 'bytes'],
      [
        facts.endpoint?.output[0] ?? 'max_tokens',
        body?.outputTokens,
        caps.outputTokens,
        'output tokens',
      ],
    ] as const
    const found = asks.find(([, asked, cap]) => cap !== null && (asked ?? 0) > cap)
    if (found === undefined) return null
    const [param, asked = 0, cap, unit] = found
    return { text: `${param} is ${amountOf(asked)}; the limit is ${cap} ${unit}.`, param }
  },
  oblige: ({ facts, principal, body }) => {
    const { outputTokens } = principal.caps
    const isBound = (facts.endpoint?.output.length ?? 0) > 0
    return outputTokens !== null && isBound && body !== null && !body.isUnload
      ? { kind: 'cap-output', outputTokens }
      : null
  },
  written: ({ principal }) => [...ofLineage(principal, 'caps'), ofRole(principal, 'caps')],
}

/** Infinity stands for no bound, and for a value that cannot be read. */
function amountOf(asked: number | null): string {
  return Number.isFinite(asked) ? String(asked) : 'unlimited, or not a number'
}
