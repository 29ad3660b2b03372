/**
 * `npm run doctor`: looks at the settings, files and surroundings of this clone as they are, and
 * says what is wrong, where, and what cures it. It changes nothing, and shows no secret.
 */
import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { exitCode } from '../gatekeeper/src/lib/problem.ts'
import { examinations } from './doctor/examinations.ts'
import { systemOutside } from './doctor/outside.ts'
import { codeOf, examineAll, toJson, toLines } from './doctor/report.ts'
import { readScene } from './doctor/scene.ts'

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

function readOptions(): { json: boolean; help: boolean } | null {
  try {
    const options = {
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    } as const
    return parseArgs({ options, strict: true }).values
  } catch {
    return null
  }
}

async function run(): Promise<number> {
  const options = readOptions()
  if (options === null) {
    process.stderr.write('doctor: it knows --json and --help\n')
    return exitCode.usage
  }
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

process.exitCode = await run()
