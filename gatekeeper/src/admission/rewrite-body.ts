import { editJson, type JsonBody, type JsonEdit, readMember } from '../lib/json/json-edit.ts'
import { foldName } from '../lib/json/json-names.ts'
import type { Obligation } from '../model/decision.ts'
import type { RequestFacts } from '../model/facts.ts'

/**
 * Writes into a body what its admission obliges us to, before it is sent. Null where that cannot be
 * done, and the request is refused: a cap that nobody sets would be a false promise.
 */
export function rewriteBody(
  body: JsonBody,
  facts: RequestFacts,
  obligations: readonly Obligation[],
): Buffer | null {
  const edits: JsonEdit[] = []
  const cap = leastCap(obligations)
  // What makes no text (embeddings, images) has no output to cap.
  if (cap !== null && outputPaths(facts).length > 0) {
    const each = Math.floor(cap / choicesOf(body))
    if (!(each >= 1)) return null
    edits.push(...capOutput(body, facts, each))
  }
  if (asksUsage(obligations)) {
    // What else the client set there stays; the answer to this is hidden again (`upstreams/`). It
    // comes last: `withoutQuestion` takes it off the end.
    edits.push({ path: ['stream_options', 'include_usage'], json: 'true' })
  }
  return editJson(body, edits)
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

function leastCap(obligations: readonly Obligation[]): number | null {
  const caps = obligations.flatMap((owed) =>
    owed.kind === 'cap-output' ? [owed.outputTokens] : [],
  )
  return caps.length === 0 ? null : Math.min(...caps)
}

/** How many answers a request asks for; each of them counts. */
function choicesOf(body: JsonBody): number {
  return Math.max(1, numberAt(body, ['n']) ?? 1, numberAt(body, ['best_of']) ?? 1)
}

/** Lowers every member that bounds the output, or sets the usual one where there is none. */
function capOutput(body: JsonBody, facts: RequestFacts, each: number): JsonEdit[] {
  const paths = outputPaths(facts)
  const given = paths.filter((path) => readMember(body, path) !== undefined)
  // OpenAI refuses two of them at once, and Ollama reads the first alone.
  const isFirstAlone = facts.service?.kind.readsFirstBound
  const chosen = given.length === 0 || isFirstAlone ? new Set([paths[0] ?? [], ...given]) : given
  return [...chosen]
    .filter((path) => !isWithin(numberAt(body, path), each))
    .map((path) => ({ path, json: String(each) }))
}

const outputPaths = ({ endpoint }: RequestFacts) =>
  (endpoint?.output ?? []).map((path) => path.split('.'))

const isWithin = (asked: number | null, max: number) => asked !== null && asked >= 0 && asked <= max

function numberAt(body: JsonBody, path: readonly string[]): number | null {
  const value = readMember(body, path)
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value
  return typeof number === 'number' && !Number.isNaN(number) ? number : null
}
