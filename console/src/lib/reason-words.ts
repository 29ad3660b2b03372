import type { Tone } from '../parts/tag.tsx'

/** A reason of a denial as a few words, with the colour of who has to act. */
export type ReasonWords = { readonly words: string; readonly tone: Tone }

const spoken: Readonly<Record<string, string>> = {
  'no-credential': 'no key',
  'class-not-granted': 'role',
  'service-not-granted': 'service',
  'address-not-allowed': 'address',
  'address-refused': 'address',
  'origin-not-allowed': 'origin',
  'endpoint-not-listed': 'unknown endpoint',
  'quota-exceeded': 'quota used up',
  'model-not-found': 'model',
  'too-many-running': 'too many at once',
  'too-many-attempts': 'too many bad keys',
}

/** Limits pass by themselves; faults are ours; what a caller may not do is the caller's. */
const limits = /limit|quota|too-many|queue|in-flight|overloaded|draining/
const faults = /^upstream|unavailable|unmet|mismatch|failed|vault|control-plane/
const strangers = /credential|scheme|edge|malformed|ambiguous/

/** Returns the words for a reason, as `rate limited`. */
export function reasonWords(reason: string): ReasonWords {
  const words = spoken[reason] ?? reason.replaceAll('-', ' ').replaceAll('_', ' ')
  if (limits.test(reason)) return { words, tone: 'warn' }
  if (faults.test(reason)) return { words, tone: 'bad' }
  return { words, tone: strangers.test(reason) ? 'plain' : 'bad' }
}
