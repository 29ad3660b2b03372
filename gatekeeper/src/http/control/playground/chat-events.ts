/** Reads the stream of a chat in OpenAI's form. The server of the model is somebody else's. */

export type ChatEvent =
  | { readonly delta: string }
  | { readonly reasoning: string }
  | { readonly fault: string }

/** No event of a chat is longer; the rest of a longer one is skipped. */
const lineCharsMax = 1_000_000

/** Yields what a chunked text says, event by event; what is not understood is left out. */
export async function* readChatEvents(chunks: AsyncIterable<string>): AsyncGenerator<ChatEvent> {
  let rest = ''
  for await (const chunk of chunks) {
    const lines = (rest + chunk).split(/\r?\n/)
    rest = (lines.pop() ?? '').slice(0, lineCharsMax)
    for (const line of lines) yield* eventsOf(line)
  }
  yield* eventsOf(rest)
}

function* eventsOf(line: string): Generator<ChatEvent> {
  const data = /^data: ?(.*)$/s.exec(line)?.[1]
  if (data === undefined || data === '[DONE]') return
  const event = parse(data)
  const fault = memberOf(memberOf(event, 'error'), 'message')
  if (typeof fault === 'string') yield { fault }
  const choices = memberOf(event, 'choices')
  const delta = memberOf(Array.isArray(choices) ? choices[0] : null, 'delta')
  const reasoning = memberOf(delta, 'reasoning') ?? memberOf(delta, 'reasoning_content')
  if (typeof reasoning === 'string' && reasoning !== '') yield { reasoning }
  const content = memberOf(delta, 'content')
  if (typeof content === 'string' && content !== '') yield { delta: content }
}

/** A refusal is a sentence; a longer one would be a page of its own. */
const refusalCharsMax = 1_000

/** Returns the text of a refusal in OpenAI's form; null if it is in another one. */
export function refusalText(text: string): string | null {
  const message = memberOf(memberOf(parse(text), 'error'), 'message')
  return typeof message === 'string' ? message.slice(0, refusalCharsMax) : null
}

/** No server has more; the lists of all services together must fit in one answer. */
const modelsMax = 1_000
/** What a chat may ask for, without characters that change how a line reads. */
const nameForm = /^[^\s*\p{C}]{1,200}$/u

/** Returns the names of the models of a list in OpenAI's form, as far as a chat can ask for them. */
export function modelNames(text: string): readonly string[] {
  const data = memberOf(parse(text), 'data')
  const names = Array.isArray(data) ? data.map((one) => memberOf(one, 'id')) : []
  const isName = (name: unknown): name is string => typeof name === 'string' && nameForm.test(name)
  return names.filter(isName).slice(0, modelsMax)
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

function memberOf(value: unknown, name: string): unknown {
  const isObject = typeof value === 'object' && value !== null && Object.hasOwn(value, name)
  return isObject ? (value as Record<string, unknown>)[name] : undefined
}
