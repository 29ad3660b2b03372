import { createInterface } from 'node:readline/promises'
import { Writable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { UsageError } from './words.ts'

/** A key has some 60 characters; the rest of a larger input is not kept. */
const inputCharsMax = 65_536

export type Terminal = {
  /** Reads everything that is piped in. */
  readonly readInput: () => Promise<string>
  /** Asks the person at the terminal; null if there is none. */
  readonly ask: ((question: string, options?: { isSecret: boolean }) => Promise<string>) | null
}

/** Reads from a person or a pipe. Questions go to stderr: stdout belongs to the result. */
export function createTerminal(): Terminal {
  const isTerminal = process.stdin.isTTY === true && process.stderr.isTTY === true
  return {
    ask: isTerminal ? (question, options) => ask(question, options?.isSecret === true) : null,
    readInput: async () => (await text(process.stdin)).slice(0, inputCharsMax),
  }
}

async function ask(question: string, isSecret: boolean): Promise<string> {
  const nothing = new Writable({ write: (_chunk, _encoding, done) => done() })
  const lines = createInterface({
    input: process.stdin,
    output: isSecret ? nothing : process.stderr,
    terminal: isSecret,
  })
  // Ctrl-D: the question would wait for ever, and the process would end without a message.
  const closed = new Promise<never>((_, reject) => {
    // An `error` is that of a terminal that was closed.
    for (const event of ['close', 'error']) {
      lines.on(event, () => reject(new UsageError('nothing was entered')))
    }
  })
  // Not before the terminal stops its echo: a key that is pasted at once would be shown.
  process.stderr.write(`${question}: `)
  try {
    return await Promise.race([lines.question(''), closed])
  } catch (error) {
    throw (error as Error).name === 'AbortError' ? new UsageError('interrupted') : error
  } finally {
    lines.close()
    if (isSecret) process.stderr.write('\n')
  }
}
