/**
 * What the keys that Gatekeeper makes look like anywhere in a text. Shape only: here stands no
 * rule about which of them is valid, so that logging can hide them without knowing any.
 */

// Wider than the form: a key with a letter missing, or with its underscore percent-encoded, is
// still most of somebody's secret. The group is the id, which is public.
const keyShape = /gk(_|%5[Ff])([0-9A-Za-z]{10})(?:_|%5[Ff])[0-9A-Za-z_%]{16,}/

/** Whether something that looks like a key of ours stands in the text. */
export function hasKeyShape(text: string): boolean {
  return keyShape.test(text)
}

/** Replaces the secret part of everything that looks like a key of ours; the id stays readable. */
export function scrubKeys(text: string): string {
  return text.replaceAll(everyKeyShape, 'gk$1$2$1***')
}

const everyKeyShape = new RegExp(keyShape, 'g')
