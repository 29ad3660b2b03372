/**
 * `npm run explain -- --key ID GET /ollama/api/tags`: what would happen to a request, and why, from
 * the files or by the gatekeeper that runs. Nothing is sent on.
 */
import { resolve } from 'node:path'
import { loadGateway } from '../gatekeeper/src/config/load-gateway.ts'
import type { Settings } from '../gatekeeper/src/config/read-settings.ts'
import type {
  ExplainCaller,
  ExplainQuestion,
  Explanation,
} from '../gatekeeper/src/explain/explain.ts'
import { exitCode, formatProblem, ProblemsError } from '../gatekeeper/src/lib/problem.ts'
import { UnknownKeyError } from '../gatekeeper/src/operations/keys/key-writer.ts'
import { askLive } from './explain/ask-live.ts'
import { askOffline } from './explain/ask-offline.ts'
import { findKeyId } from './explain/find-key-id.ts'
import { describePlaces } from './explain/find-places.ts'
import { help } from './explain/help.ts'
import { readWords, type Wanted } from './explain/read-words.ts'
import { render } from './explain/render.ts'
import { readSettingsOf, readText } from './settings/read-settings-of.ts'
import { endWithReader } from './words/end-with-reader.ts'
import { hintAtHyphens, hintAtKey } from './words/npm-options.ts'
import { wantsJson } from './words/parse-words.ts'
import { UsageError } from './words/words.ts'

endWithReader()
const root = resolve(import.meta.dirname, '..')
const args = process.argv.slice(2)

function say(lines: readonly string[]): void {
  process.stdout.write(`${lines.join('\n')}\n`)
}

function fail(code: number, name: string, lines: readonly string[]): void {
  for (const line of lines) process.stderr.write(`explain: ${line}\n`)
  const json = { error: { code: name, message: lines.join('\n') } }
  if (wantsJson(args)) say([JSON.stringify(json, null, 2)])
  process.exitCode = code
}

function explainFailure(error: unknown): void {
  if (error instanceof UsageError) {
    const hints = [...hintAtHyphens(args, error), '--help shows what there is.']
    return fail(error.code, 'usage', [...error.message.split('\n'), ...hints])
  }
  if (error instanceof UnknownKeyError) {
    return fail(exitCode.usage, 'unknown_key', error.message.split('\n'))
  }
  if (error instanceof ProblemsError) {
    return fail(exitCode.config, 'config', error.problems.map(formatProblem))
  }
  const { code } = error as { code?: string }
  if (code === undefined) throw error
  fail(exitCode.unavailable, 'unavailable', [
    `no gatekeeper answers (${code}); without --live the files are asked`,
  ])
}

async function readCaller({ caller }: Wanted, settings: Settings): Promise<ExplainCaller> {
  if (caller.kind === 'key') return { kind: 'key', id: await findKeyId(caller.id, settings) }
  if (caller.kind !== 'file') return caller
  try {
    return { kind: 'credential', credential: readText(caller.path).trim() }
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    throw new UsageError(`--token: ${caller.path} cannot be read (${code})`)
  }
}

async function toQuestion(wanted: Wanted, settings: Settings): Promise<ExplainQuestion> {
  const { method, target, from, origin, model, host } = wanted
  const caller = await readCaller(wanted, settings)
  const name = host ?? settings.sites[0] ?? 'localhost'
  return { method, target, clientAddress: from, origin, model, host: name, caller }
}

async function ask(wanted: Wanted, settings: Settings): Promise<Explanation> {
  const question = await toQuestion(wanted, settings)
  if (wanted.isLive) return await askLive(question, settings.explainListen)
  const gateway = loadGateway(settings, readText)
  if (gateway.problems.length > 0) throw new ProblemsError(gateway.problems)
  return await askOffline(question, { settings, gateway })
}

async function run(): Promise<void> {
  const wanted = readWords(args)
  if (wanted.isHelp) return say(help)
  if (wanted.caller.kind === 'anonymous') {
    for (const line of hintAtKey(args)) process.stderr.write(`explain: ${line}\n`)
  }
  const { settings, problems } = readSettingsOf(root, process.env)
  if (problems.length > 0) throw new ProblemsError(problems)
  const explanation = await ask(wanted, settings)
  const places = describePlaces(explanation.written, { settings, readText })
  const lines = wanted.isJson
    ? [JSON.stringify({ ...explanation, written: places }, null, 2)]
    : render(explanation, { places, isLive: wanted.isLive })
  say(lines)
  process.exitCode = explanation.verdict.isAllowed ? exitCode.ok : exitCode.no
}

await run().catch(explainFailure)
