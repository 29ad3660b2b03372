import { editJson, type JsonBody, type JsonEdit } from '../lib/json/json-edit.ts'
import { foldName } from '../lib/json/json-names.ts'
import type { Obligation } from '../model/decision.ts'
import type { BodyFacts, RequestFacts } from '../model/facts.ts'

/** A body that was read, with its facts. */
type Asked = { readonly json: JsonBody; readonly facts: BodyFacts }

/**
 * Writes the obligations of an admission into a body before it is sent. Returns null if the request
 * asks for more answers than the cap has tokens, since no bound could keep that cap.
 */
export function rewriteBody(
  { json, facts: asked }: Asked,
  facts: RequestFacts,
  obligations: readonly Obligation[],
): Buffer | null {
  const edits: JsonEdit[] = []
  const cap = leastCap(obligations)
  // Requests that produce no text (embeddings, images) have no output to cap.
  if (cap !== null && asked.outputBounds.length > 0) {
    const each = Math.floor(cap / asked.choices)
    if (!(each >= 1)) return null
    edits.push(...capOutput(asked, facts, each))
  }
  if (asksUsage(obligations)) {
    // Other options of the client stay; the usage is removed from the answer again (`upstreams/`).
    // This edit comes last, because `withoutQuestion` removes it from the end.
    edits.push({ path: ['stream_options', 'include_usage'], json: 'true' })
  }
  return editJson(json, edits)
}

const asksUsage = (obligations: readonly Obligation[]) =>
  obligations.some(({ kind }) => kind === 'ask-usage')

const closingBrace = 0x7d
const question = Buffer.from(',"stream_options":{"include_usage":true}}')

/**
 * Returns what removes the usage question from a rewritten body. Null if the question was not
 * added, or if the client set stream options itself: a refusal of those is the client's own.
 */
export function withoutQuestion(
  rewritten: Buffer,
  { members }: JsonBody,
  obligations: readonly Obligation[],
): (() => Buffer) | null {
  const isOwn = members.some(({ name }) => foldName(name) === 'stream_options')
  const end = rewritten.length - question.length
  if (isOwn || !asksUsage(obligations) || !rewritten.subarray(end).equals(question)) return null
  return () => {
    // In place: a copy of a large body would take memory that no budget counts.
    rewritten[end] = closingBrace
    return rewritten.subarray(0, end + 1)
  }
}

/** Returns the lowest cap on the output; null if there is none. */
export function leastCap(obligations: readonly Obligation[]): number | null {
  let least: number | null = null
  for (const owed of obligations) {
    if (owed.kind === 'cap-output') least = Math.min(least ?? owed.outputTokens, owed.outputTokens)
  }
  return least
}

/** Lowers every member that bounds the output, or sets the default one if there is none. */
function capOutput({ outputBounds }: BodyFacts, facts: RequestFacts, each: number): JsonEdit[] {
  const isAnyGiven = outputBounds.some(({ isGiven }) => isGiven)
  // OpenAI refuses two of them together, and Ollama reads the first one only.
  const setsFirst = !isAnyGiven || facts.service?.kind.readsFirstBound
  return outputBounds
    .filter(({ isGiven }, at) => isGiven || (setsFirst && at === 0))
    .filter(({ asked }) => !isWithin(asked, each))
    .map(({ path }) => ({ path, json: String(each) }))
}

const isWithin = (asked: number | null, max: number) => asked !== null && asked >= 0 && asked <= max
