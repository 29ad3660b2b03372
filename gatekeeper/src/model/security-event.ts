/** What an operator wants to see of attacks. Events change no decision. */
export const securityEvents = [
  'refused-path',
  'body-above-cap',
  'wrong-split-key',
  'admin-lock-out',
  'new-address',
  'refused-burst',
] as const
export type SecurityEvent = (typeof securityEvents)[number]

const byReason: Readonly<Record<string, SecurityEvent>> = {
  // `..`, `//`, and encodings that two readers could understand differently.
  'malformed-target': 'refused-path',
  'endpoint-malformed': 'refused-path',
  'body-too-large': 'body-above-cap',
  'images-too-large': 'body-above-cap',
  'prompt-too-large': 'body-above-cap',
  'split-key-refused': 'wrong-split-key',
}

/** Returns the event that a refusal is by itself; null if it is none. */
export function eventOfRefusal(
  reason: string | null,
  service: string | null,
): SecurityEvent | null {
  if (reason === 'too-many-attempts' && service === 'control') return 'admin-lock-out'
  return reason !== null && Object.hasOwn(byReason, reason) ? (byReason[reason] ?? null) : null
}

/** An address with so many refusals in an hour, or so many requests, is suspicious (K13). */
export const burstOf = { refused: 5, requests: 100 } as const
