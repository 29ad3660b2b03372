/**
 * `npm run keys -- COMMAND`: makes, shows, changes and explains API keys. Each command is a file
 * in scripts/keys; what they may do to the file is in gatekeeper/src/credentials. The service
 * sees every change within two seconds.
 */
import { resolve } from 'node:path'
import { systemClock } from '../gatekeeper/src/lib/clock.ts'
import { LockHeldError } from '../gatekeeper/src/lib/files/lock-file.ts'
import { exitCode, formatProblem, ProblemsError } from '../gatekeeper/src/lib/problem.ts'
import { ClientIdError } from '../gatekeeper/src/operations/clients/client-writer.ts'
import { UnknownKeyError } from '../gatekeeper/src/operations/keys/key-writer.ts'
import type { Report } from './keys/command.ts'
import { commandNames, findCommand } from './keys/commands.ts'
import { helpFor, helpForAll } from './keys/help.ts'
import { readPlaces } from './keys/read-places.ts'
import { createRecorder, UnrecordedError } from './keys/record-acts.ts'
import { createTerminal } from './keys/terminal.ts'
import { endWithReader } from './words/end-with-reader.ts'
import { hintAtHyphens } from './words/npm-options.ts'
import { commonOptions, parseWords, unknownCommand, wantsJson } from './words/parse-words.ts'
import { UsageError } from './words/words.ts'

endWithReader()
const root = resolve(import.meta.dirname, '..')
const words = process.argv.slice(2)
const isJson = wantsJson(words)

/** Ends by itself: an exit would cut off what a slow pipe has not taken yet. */
function finish(report: Report): void {
  for (const note of report.notes ?? []) process.stderr.write(`keys: ${note}\n`)
  const text = isJson ? JSON.stringify(report.json, null, 2) : report.lines.join('\n')
  process.stdout.write(`${text}\n`)
  process.exitCode = report.code
}

/** Everything for people goes to stderr; a program finds the same in its one document. */
function fail(code: number, name: string, lines: readonly string[]): void {
  for (const line of lines) process.stderr.write(`keys: ${line}\n`)
  const json = { error: { code: name, message: lines.join('\n') } }
  if (isJson) process.stdout.write(`${JSON.stringify(json, null, 2)}\n`)
  process.exitCode = code
}

function explainFailure(error: unknown): void {
  if (error instanceof UsageError) {
    const lines = [...error.message.split('\n'), ...hintAtHyphens(words, error)]
    return fail(error.code, 'usage', [...lines, '--help shows what there is.'])
  }
  if (error instanceof ProblemsError) {
    return fail(exitCode.config, 'config', error.problems.map(formatProblem))
  }
  if (error instanceof ClientIdError) return fail(exitCode.no, 'client', [error.message])
  if (error instanceof UnknownKeyError) {
    return fail(exitCode.no, 'unknown_key', error.message.split('\n'))
  }
  if (error instanceof LockHeldError) return fail(exitCode.tryAgain, 'locked', [error.message])
  if (error instanceof UnrecordedError) {
    return fail(exitCode.cannotCreate, 'cannot_record', error.message.split('\n'))
  }
  const { code, path, syscall } = error as NodeJS.ErrnoException
  if (syscall === undefined) throw error
  const what = `${path ?? 'the file'}: ${code} (${syscall})`
  fail(exitCode.cannotCreate, 'cannot_write', [what, ...explainAccess(code)])
}

/** In containers the folder is mostly owned by whoever cloned, and the process is somebody else. */
function explainAccess(code: string | undefined): string[] {
  const uid = process.getuid?.()
  if (uid === undefined || (code !== 'EACCES' && code !== 'EPERM')) return []
  return [
    `this runs as uid ${uid}, which may not write there: give it the folder (chown -R ${uid} keys),`,
    "or, in containers, run as the folder's owner: GATEKEEPER_UID in .env, then up -d --build",
  ]
}

async function run(): Promise<void> {
  const [name = '--help', ...args] = words.filter((word, at) => at > 0 || word !== '--json')
  if (['--help', '-h', 'help'].includes(name)) {
    return finish({
      code: words.length === 0 ? exitCode.usage : exitCode.ok,
      lines: helpForAll(),
      json: helpForAll(),
    })
  }
  const found = findCommand(name)
  if (found === null) throw unknownCommand(name, commandNames)
  const options = { ...found.command.options, ...commonOptions }
  const parsed = parseWords(args, options, { before: [name] })
  const help = helpFor(found.name, found.command)
  if (parsed.values.help === true) return finish({ code: exitCode.ok, lines: help, json: help })
  const places = readPlaces(root, process.env)
  const record = createRecorder(places.stateDir, systemClock)
  const context = { ...places, ...createTerminal(), clock: systemClock, record }
  finish(await found.command.run(parsed, context))
}

await run().catch(explainFailure)
