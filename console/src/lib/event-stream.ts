/** An event of a server-sent stream. */
export type StreamEvent = {
  readonly kind: string
  readonly id: string | null
  readonly data: string
}

/**
 * Returns a reader of server-sent events: give it text as it comes, and it returns the events that
 * are complete. Events of any split are the same.
 */
export function createEventReader(): (text: string) => StreamEvent[] {
  let rest = ''
  return (text) => {
    rest += text
    // A CR at the end may be half of a CRLF.
    const held = rest.endsWith('\r') ? '\r' : ''
    const lines = rest.slice(0, rest.length - held.length).replace(/\r\n?/g, '\n')
    const blocks = lines.split('\n\n')
    rest = `${blocks.pop() ?? ''}${held}`
    return blocks.flatMap(readBlock)
  }
}

function readBlock(block: string): StreamEvent[] {
  const data: string[] = []
  let kind = 'message'
  let id: string | null = null
  for (const line of block.split('\n')) {
    const [name, value] = fieldOf(line)
    if (name === 'data') data.push(value)
    if (name === 'event') kind = value
    if (name === 'id') id = value
  }
  return data.length === 0 ? [] : [{ kind, id, data: data.join('\n') }]
}

function fieldOf(line: string): [string, string] {
  const colon = line.indexOf(':')
  if (colon === -1) return [line, '']
  return [line.slice(0, colon), line.slice(colon + 1).replace(/^ /, '')]
}
