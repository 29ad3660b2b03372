import type { Found, Span } from './finding.ts'
import { type Action, type Rule, replacementOf } from './rule.ts'

/** A text of a request or answer, with the name of its place: `messages[0].content`. */
export type TextAt = { readonly path: string; readonly text: string }

/** A finding at its place. Positions are UTF-16 units of the text at `path`. */
export type Violation = Span & {
  readonly rule: string
  readonly type: string
  readonly action: Exclude<Action, 'off'>
  readonly path: string
  readonly confidence: number
}

/**
 * Judges texts together, because an instruction or number may be spread over several. A finding that
 * spans two texts is a violation in each. In the order of their places.
 */
export function judgeTexts(texts: readonly TextAt[], rules: readonly Rule[]): Violation[] {
  const joined = texts.map(({ text }) => text).join('\n')
  const placed = placeTexts(texts)
  return rules
    .flatMap(({ id, action, find }) =>
      find(joined).flatMap((found) => violationsOf(found, { rule: id, action }, placed)),
    )
    .sort((one, other) => one.order - other.order || one.start - other.start)
    .map(({ order: _, ...violation }) => violation)
}

type PlacedText = TextAt & { readonly from: number; readonly order: number }

function placeTexts(texts: readonly TextAt[]): PlacedText[] {
  let from = 0
  return texts.map((one, order) => {
    const placed = { ...one, from, order }
    from += one.text.length + 1
    return placed
  })
}

function violationsOf(
  { type, confidence, start, end }: Found,
  rule: Pick<Violation, 'rule' | 'action'>,
  texts: readonly PlacedText[],
) {
  return texts
    .filter(({ from, text }) => start < from + text.length && end > from)
    .map(({ path, from, text, order }) => ({
      ...rule,
      ...{ type, confidence, path, order },
      start: Math.max(0, start - from),
      end: Math.min(text.length, end - from),
    }))
}

/**
 * Returns the text with its violations replaced; null if one of them cannot be redacted. Violations
 * of this text alone, in any order.
 */
export function redactText(text: string, violations: readonly Violation[]): string | null {
  const byPlace = [...violations].sort((one, other) => one.start - other.start)
  const parts: string[] = []
  let at = 0
  for (const violation of byPlace) {
    const replacement = replacementOf(violation)
    if (replacement === null) return null
    // What overlaps the one before is removed with it.
    if (violation.start >= at) parts.push(text.slice(at, violation.start), replacement)
    at = Math.max(at, violation.end)
  }
  return parts.join('') + text.slice(at)
}
