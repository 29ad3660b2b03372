/**
 * Two ways to read the bytes of a connection: strictly, where any unexpected byte
 * is a failure, and as text, where two answers are compared byte by byte.
 */

/** One answer as sent; names of fields in lower case, repeated ones joined. */
export type RawAnswer = {
  readonly status: number
  readonly fields: Readonly<Record<string, string>>
  readonly body: string
  readonly isWhole: boolean
}

/**
 * Splits the bytes of an HTTP/1.1 connection into its final answers, strictly: other bytes
 * throw, since unexpected bytes are a sign of response splitting. With
 * `isHead` no answer has content.
 */
export function parseAnswers(text: string, isHead = false): RawAnswer[] {
  const answers: RawAnswer[] = []
  for (let rest = text; rest !== ''; ) {
    const end = rest.indexOf('\r\n\r\n')
    if (end === -1) throw new Error(`no answer: ${JSON.stringify(rest.slice(0, 200))}`)
    const { status, fields } = parseHead(rest.slice(0, end))
    rest = rest.slice(end + 4)
    if (status < 200) continue
    const isEmpty = isHead || status === 204 || status === 304
    const content = isEmpty ? { body: '', isWhole: true, length: 0 } : readContent(fields, rest)
    answers.push({ status, fields, body: content.body, isWhole: content.isWhole })
    rest = rest.slice(content.length)
  }
  return answers
}

/** The number of final answers so far; 0 while the last one is incomplete. */
export function countAnswers(text: string, isHead = false): number {
  try {
    return parseAnswers(text, isHead).filter(({ isWhole }) => isWhole).length
  } catch {
    return 0
  }
}

function parseHead(head: string) {
  const [first = '', ...lines] = head.split('\r\n')
  const status = /^HTTP\/1\.[01] (\d{3})(?: |$)/.exec(first)?.[1]
  if (status === undefined) throw new Error(`no status line: ${JSON.stringify(first)}`)
  const fields: Record<string, string> = {}
  for (const line of lines) {
    const colon = line.indexOf(':')
    if (colon < 1) throw new Error(`no field: ${JSON.stringify(line)}`)
    const name = line.slice(0, colon).toLowerCase()
    const value = line.slice(colon + 1).trim()
    fields[name] = fields[name] === undefined ? value : `${fields[name]}, ${value}`
  }
  return { status: Number(status), fields }
}

function readContent(fields: Readonly<Record<string, string>>, rest: string) {
  if (fields['transfer-encoding'] !== undefined) return readChunks(rest)
  if (fields['content-length'] === undefined) {
    return { body: rest, isWhole: true, length: rest.length }
  }
  const length = Number(fields['content-length'])
  return { body: rest.slice(0, length), isWhole: rest.length >= length, length }
}

function readChunks(rest: string) {
  let body = ''
  for (let at = 0; ; ) {
    const end = rest.indexOf('\r\n', at)
    if (end === -1) return { body, isWhole: false, length: rest.length }
    const size = Number.parseInt(rest.slice(at, end), 16)
    if (Number.isNaN(size)) throw new Error(`no chunk: ${JSON.stringify(rest.slice(at, end))}`)
    if (size === 0) {
      const last = rest.indexOf('\r\n\r\n', end)
      return { body, isWhole: last !== -1, length: last === -1 ? rest.length : last + 4 }
    }
    body += rest.slice(end + 2, end + 2 + size)
    at = end + 2 + size + 2
  }
}

/** The parts of an answer as raw text. */
type AnswerText = { readonly status: number; readonly head: string; readonly body: string }

/** The first final answer in the bytes of a connection; status 0 if there was none. */
export function readAnswer(text: string): AnswerText {
  const final = text.replace(/^(?:HTTP\/1\.1 1\d\d[\s\S]*?\r\n\r\n)+/, '')
  const end = final.indexOf('\r\n\r\n')
  const head = end === -1 ? final : final.slice(0, end)
  const status = Number(/^HTTP\/1\.[01] (\d{3})/.exec(head)?.[1] ?? 0)
  return { status, head, body: end === -1 ? '' : final.slice(end + 4) }
}

/** The answer without the parts that always differ: request id, date, and the rest of a limit. */
export function withoutChance(text: string): string {
  return text
    .replace(/"request_id":"[0-9a-f-]{36}"/, '"request_id":"ID"')
    .replace(/^(x-request-id): [0-9a-f-]{36}\r$/im, '$1: ID\r')
    .replace(/^date: .*\r$/im, 'Date: NOW\r')
    .replace(/^((?:x-)?ratelimit(?:-(?:remaining|reset)-\w+)?): .*\r$/gim, '$1: LEFT\r')
}
