import { editJson, type JsonBody, type JsonEdit } from '../lib/json/json-edit.ts'
import { foldName } from '../lib/json/json-names.ts'
import type { Obligation } from '../model/decision.ts'
import type { BodyFacts, RequestFacts } from '../model/facts.ts'

/** A body as it was read, with what it asks for. */
type Asked = { readonly json: JsonBody; readonly facts: BodyFacts }

/**
 * Writes into a body what its admission obliges us to, before it is sent. Null if the request asks
 * for more answers than the cap has tokens: a cap that nobody sets would be a false promise.
 */
export function rewriteBody(
  { json, facts: asked }: Asked,
  facts: RequestFacts,
  obligations: readonly Obligation[],
): Buffer | null {
  const edits: JsonEdit[] = []
  const cap = leastCap(obligations)
  // What makes no text (embeddings, images) has no output to cap.
  if (cap !== null && asked.outputBounds.length > 0) {
    const each = Math.floor(cap / asked.choices)
    if (!(each >= 1)) return null
    edits.push(...capOutput(asked, facts, each))
  }
  if (asksUsage(obligations)) {
    // What else the client set there stays; the answer to this is hidden again (`upstreams/`). It
    // comes last: `withoutQuestion` takes it off the end.
    edits.push({ path: ['stream_options', 'include_usage'], json: 'true' })
  }
  return editJson(json, edits)
}

const asksUsage = (obligations: readonly Obligation[]) =>
  obligations.some(({ kind }) => kind === 'ask-usage')

const closingBrace = 0x7d
const question = Buffer.from(',"stream_options":{"include_usage":true}}')

/**
 * What makes a rewritten body as it would be without the question for its usage; null where that was
 * not added, or the client itself had set something there: then a refusal of it is the client's.
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
    // In place: a copy of a large body would be held beside it, and counted by nobody.
    rewritten[end] = closingBrace
    return rewritten.subarray(0, end + 1)
  }
}

/** The tightest cap on the output; null if there is none. */
export function leastCap(obligations: readonly Obligation[]): number | null {
  let least: number | null = null
  for (const owed of obligations) {
    if (owed.kind === 'cap-output') least = Math.min(least ?? owed.outputTokens, owed.outputTokens)
  }
  return least
}

/** Lowers every member that bounds the output, or sets the usual one where there is none. */
function capOutput({ outputBounds }: BodyFacts, facts: RequestFacts, each: number): JsonEdit[] {
  const isAnyGiven = outputBounds.some(({ isGiven }) => isGiven)
  // OpenAI refuses two of them at once, and Ollama reads the first alone.
  const setsFirst = !isAnyGiven || facts.service?.kind.readsFirstBound
  return outputBounds
    .filter(({ isGiven }, at) => isGiven || (setsFirst && at === 0))
    .filter(({ asked }) => !isWithin(asked, each))
    .map(({ path }) => ({ path, json: String(each) }))
}

const isWithin = (asked: number | null, max: number) => asked !== null && asked >= 0 && asked <= max
