/**
 * Runs one client library for a test: takes acts as lines of JSON on stdin and answers each with
 * lines of JSON on stdout. `{id, act, url, key, model}` asks; `{id, part: true}` says that the first
 * part of a stream is there, `{id, done}` or `{id, error}` ends it; `{abort: id}` breaks it off.
 */
import { createInterface } from 'node:readline'

export const messages = [{ role: 'user', content: 'hello you' }]
export const fewTokens = 16
export const streamedTokens = 1_000
/** Takes every server seconds, so that no answer ends by itself before its abort. */
export const longTokens = 3_500
export const tool = {
  name: 'weather',
  description: 'The weather of a city',
  parameters: {
    type: 'object',
    properties: { city: { type: 'string', enum: ['Rome', 'Oslo'] } },
    required: ['city'],
    additionalProperties: false,
  },
}

/** @param {Record<string, (at: object) => Promise<unknown>>} acts */
export function serve(acts) {
  const running = new Map()
  const lines = createInterface({ input: process.stdin })
  lines.on('line', (line) => {
    const { abort, ...asked } = JSON.parse(line)
    if (abort === undefined) void perform(acts, asked, running)
    else running.get(abort)?.abort()
  })
  lines.on('close', () => process.exit())
}

async function perform(acts, { id, act, ...at }, running) {
  const controller = new AbortController()
  running.set(id, controller)
  const { signal } = controller
  const say = (line) => process.stdout.write(`${JSON.stringify({ id, ...line })}\n`)
  try {
    const done = await acts[act]({ ...at, signal, sayPart: () => say({ part: true }) })
    say({ done: done ?? null })
  } catch (error) {
    say({ error: describe(error) })
  } finally {
    running.delete(id)
  }
}

/** Reads a stream to its end, counts its parts and the instants at which they came. */
export async function countParts(stream, { sayPart }, textOf) {
  const instants = new Set()
  let parts = 0
  let text = ''
  for await (const part of stream) {
    const added = textOf(part)
    if (added) text += added
    if (added && parts++ === 0) sayPart()
    instants.add(Math.round(performance.now() / 10))
  }
  return { parts, instants: instants.size, text }
}

/** Of what a library raised, all that a program may go by. */
function describe(error) {
  const classes = []
  for (let at = error; at && at !== Object.prototype; at = Object.getPrototypeOf(at)) {
    if (Object.hasOwn(at, 'constructor')) classes.push(at.constructor.name)
  }
  const { name, message, status, statusCode, status_code, code, type, isRetryable } = error ?? {}
  return {
    ...{ classes, name, message, code, type, isRetryable },
    status: status ?? statusCode ?? status_code,
    // The AI SDK's, where it tried several times.
    ...(error?.lastError && { last: describe(error.lastError) }),
  }
}
