/**
 * `npm run audit -- COMMAND`: reads what was recorded, and says whether it still is as it was. Each
 * command is a file in scripts/audit. Nothing here writes to the audit.
 */
import { once } from 'node:events'
import { join, resolve } from 'node:path'
import { loadGateway } from '../gatekeeper/src/config/load-gateway.ts'
import { systemClock } from '../gatekeeper/src/lib/clock.ts'
import { exitCode, formatProblem, ProblemsError } from '../gatekeeper/src/lib/problem.ts'
import type { AuditContext } from './audit/command.ts'
import { commandNames, findCommand, helpFor, helpForAll } from './audit/commands.ts'
import { readSettingsOf, readText } from './settings/read-settings-of.ts'
import { endWithReader } from './words/end-with-reader.ts'
import { hintAtHyphens, hintAtKey } from './words/npm-options.ts'
import { commonOptions, parseWords, unknownCommand, wantsJson } from './words/parse-words.ts'
import { stringOf, UsageError } from './words/words.ts'

const root = resolve(import.meta.dirname, '..')
const args = process.argv.slice(2)
const stopping = new AbortController()

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => stopping.abort())
endWithReader()

async function say(lines: readonly string[]): Promise<void> {
  if (lines.length === 0) return
  if (!process.stdout.write(`${lines.join('\n')}\n`)) await once(process.stdout, 'drain')
}

/** Everything for people goes to stderr; a program finds the same in its one document. */
async function fail(code: number, name: string, lines: readonly string[]): Promise<void> {
  for (const line of lines) process.stderr.write(`audit: ${line}\n`)
  const json = { error: { code: name, message: lines.join('\n') } }
  if (wantsJson(args)) await say([JSON.stringify(json, null, 2)])
  process.exitCode = code
}

async function explainFailure(error: unknown): Promise<void> {
  if (error instanceof UsageError) {
    const hints = [...hintAtHyphens(args, error), '--help shows what there is.']
    const lines = [...error.message.split('\n'), ...hints]
    return await fail(error.code, 'usage', lines)
  }
  if (error instanceof ProblemsError) {
    return await fail(exitCode.config, 'config', error.problems.map(formatProblem))
  }
  const { code, path, syscall } = error as NodeJS.ErrnoException
  if (syscall === undefined) throw error
  await fail(exitCode.unavailable, 'cannot_read', [`${path ?? 'a file'}: ${code} (${syscall})`])
}

function readContext(): AuditContext {
  const { settings, problems } = readSettingsOf(root, process.env)
  if (problems.length > 0) throw new ProblemsError(problems)
  const { policies } = loadGateway(settings, readText)
  return {
    folder: join(settings.stateDir, 'audit'),
    ...{ settings, say, timeZone: policies.timeZone, clock: systemClock },
    note: (line) => process.stderr.write(`audit: ${line}\n`),
    // npm runs scripts in the folder of package.json, and says where the person was.
    base: process.env['INIT_CWD'] ?? process.cwd(),
    stopped: stopping.signal,
  }
}

async function run(): Promise<void> {
  const [name = '--help', ...words] = args
  if (['--help', '-h', 'help'].includes(name)) {
    process.exitCode = args.length === 0 ? exitCode.usage : exitCode.ok
    return await say(helpForAll())
  }
  const command = findCommand(name)
  if (command === null) throw unknownCommand(name, commandNames)
  const options = { ...command.options, ...commonOptions }
  const parsed = parseWords(words, options, { before: [name] })
  if (parsed.values.help === true) return await say(helpFor(name, command))
  if ('key' in command.options && stringOf(parsed, 'key') === undefined) {
    for (const line of hintAtKey(args)) process.stderr.write(`audit: ${line}\n`)
  }
  process.exitCode = await command.run(parsed, readContext())
}

await run().catch(explainFailure)
