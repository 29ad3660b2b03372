import { createInterface } from 'node:readline/promises'
import { Writable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { UsageError } from '../words/words.ts'
import type { Context } from './command.ts'

/** A key is some 60 characters; whoever pipes a film into this gets an answer all the same. */
const inputCharsMax = 65_536

/** How a person, or a pipe, is asked. Questions go to stderr: stdout is the result's. */
export function createTerminal(): Pick<Context, 'ask' | 'readInput'> {
  const isTerminal = process.stdin.isTTY === true && process.stderr.isTTY === true
  return {
    ask: isTerminal ? (question, options) => ask(question, options?.isSecret === true) : null,
    readInput: async () => (await text(process.stdin)).slice(0, inputCharsMax),
  }
}

async function ask(question: string, isSecret: boolean): Promise<string> {
  process.stderr.write(`${question}: `)
  const nothing = new Writable({ write: (_chunk, _encoding, done) => done() })
  const lines = createInterface({
    input: process.stdin,
    output: isSecret ? nothing : process.stderr,
    terminal: isSecret,
  })
  // Ctrl-D: the question would wait for ever, and the process end without a word.
  const closed = new Promise<never>((_, reject) => {
    // Its `error` is that of the terminal, which went away.
    for (const event of ['close', 'error']) {
      lines.on(event, () => reject(new UsageError('nothing was entered')))
    }
  })
  try {
    return await Promise.race([lines.question(''), closed])
  } catch (error) {
    throw (error as Error).name === 'AbortError' ? new UsageError('interrupted') : error
  } finally {
    lines.close()
    if (isSecret) process.stderr.write('\n')
  }
}
