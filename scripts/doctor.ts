/**
 * `npm run doctor`: looks at the settings, files and surroundings of this clone as they are, and
 * says what is wrong, where, and what cures it. It changes nothing, and shows no secret.
 */
import { resolve } from 'node:path'
import { exitCode } from '../gatekeeper/src/lib/problem.ts'
import { examinations } from './doctor/examinations.ts'
import { systemOutside } from './doctor/outside.ts'
import { codeOf, examineAll, toJson, toLines } from './doctor/report.ts'
import { readScene } from './doctor/scene.ts'
import { endWithReader } from './words/end-with-reader.ts'
import { commonOptions, parseWords } from './words/parse-words.ts'
import { refusePositionals, UsageError } from './words/words.ts'

endWithReader()
const root = resolve(import.meta.dirname, '..')

const help = `npm run doctor -- [--json]

  Examines ${examinations.map(({ name }) => name).join(', ')}.
  Changes nothing, downloads nothing, calls this machine and the configured services only.

  --json  one JSON document on stdout and nothing else
  --help  this text

Exit codes
  0   nothing of level error
  1   an error was found
  64  the command line is wrong`

function fail(error: unknown): number {
  if (!(error instanceof UsageError)) throw error
  const lines = [...error.message.split('\n'), 'it knows --json and --help']
  for (const line of lines) process.stderr.write(`doctor: ${line}\n`)
  return exitCode.usage
}

async function run(): Promise<number> {
  const words = parseWords(process.argv.slice(2), commonOptions)
  refusePositionals(words)
  const options = words.values
  if (options.help) {
    process.stdout.write(`${help}\n`)
    return exitCode.ok
  }
  const results = await examineAll(await readScene(root, process.env, systemOutside), examinations)
  const text = options.json
    ? JSON.stringify(toJson(results, root), null, 2)
    : toLines(results, root).join('\n')
  process.stdout.write(`${text}\n`)
  return codeOf(results)
}

process.exitCode = await run().catch(fail)
