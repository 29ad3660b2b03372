import { hintAtHyphens } from './npm-options.ts'
import { parseWords } from './parse-words.ts'
import { refusePositionals, UsageError } from './words.ts'

/** For a program that takes no words: ends the process with the usage code if there are any. */
export function refuseWords(program: string): void {
  const args = process.argv.slice(2)
  try {
    refusePositionals(parseWords(args, {}), `; ${program} takes no words`)
  } catch (error) {
    if (!(error instanceof UsageError)) throw error
    for (const line of [...error.message.split('\n'), ...hintAtHyphens(args, error)]) {
      process.stderr.write(`${program}: ${line}\n`)
    }
    process.exit(error.code)
  }
}
