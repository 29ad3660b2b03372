/**
 * `npm run usage -- --by key --since 7d`: what was used, from the gatekeeper's database, which may be
 * in use meanwhile: it is only read.
 */
import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { loadGateway } from '../gatekeeper/src/config/load-gateway.ts'
import { systemClock } from '../gatekeeper/src/lib/clock.ts'
import { formatInstant } from '../gatekeeper/src/lib/instant.ts'
import { exitCode, formatProblem, ProblemsError } from '../gatekeeper/src/lib/problem.ts'
import {
  type ReportQuestion,
  readUsageReport,
  type UsageReport,
} from '../gatekeeper/src/operations/usage/usage-report.ts'
import {
  closeDatabase,
  openForReading,
} from '../gatekeeper/src/usage/journal/sqlite/open-database.ts'
import { databaseIn } from '../gatekeeper/src/usage/journal/sqlite/sqlite-journal.ts'
import { readSettingsOf, readText } from './settings/read-settings-of.ts'
import { help } from './usage/help.ts'
import { readSince, readWords, type Wanted } from './usage/read-words.ts'
import { type Heading, renderCsv, renderTable, toJson } from './usage/render.ts'
import { endWithReader } from './words/end-with-reader.ts'
import { hintAtHyphens } from './words/npm-options.ts'
import { wantsJson } from './words/parse-words.ts'
import { UsageError } from './words/words.ts'

endWithReader()
const root = resolve(import.meta.dirname, '..')
const args = process.argv.slice(2)

function say(lines: readonly string[]): void {
  process.stdout.write(`${lines.join('\n')}\n`)
}

/** Everything for people goes to stderr; a program finds the same in its one document. */
function fail(code: number, name: string, lines: readonly string[]): void {
  for (const line of lines) process.stderr.write(`usage: ${line}\n`)
  const json = { error: { code: name, message: lines.join('\n') } }
  if (wantsJson(args)) say([JSON.stringify(json, null, 2)])
  process.exitCode = code
}

function explainFailure(error: unknown): void {
  if (error instanceof UsageError) {
    const lines = [...error.message.split('\n'), ...hintAtHyphens(args, error)]
    return fail(error.code, 'usage', [...lines, '--help shows what there is.'])
  }
  if (error instanceof ProblemsError) {
    return fail(exitCode.config, 'config', error.problems.map(formatProblem))
  }
  const { errstr, code } = error as { errstr?: string; code?: string }
  if (code === undefined) throw error
  fail(exitCode.unavailable, 'cannot_read', [`the database cannot be read (${errstr ?? code})`])
}

/** The state folder and the time zone, as the gatekeeper itself sees them. */
function readPlaces(): { readonly path: string; readonly timeZone: string } {
  const { settings, problems } = readSettingsOf(root, process.env)
  if (problems.length > 0) throw new ProblemsError(problems)
  const { policies, problems: unread } = loadGateway(settings, readText)
  if (unread.length > 0) {
    process.stderr.write(`usage: ${settings.configFile} is broken, so days are those of UTC\n`)
  }
  return { path: databaseIn(settings.stateDir), timeZone: policies.timeZone }
}

async function readReport(path: string, question: ReportQuestion): Promise<UsageReport> {
  if (!existsSync(path)) {
    process.stderr.write(`usage: nothing yet: ${path} is made when the gatekeeper starts.\n`)
    const total = { requests: 0, failed: 0, inputTokens: 0, outputTokens: 0 }
    return { rows: [], total: { ...total, microUsd: 0, estimated: 0 } }
  }
  const opened = openForReading(path)
  try {
    return await readUsageReport(opened.queries, question)
  } finally {
    await closeDatabase(opened)
  }
}

function render(report: UsageReport, heading: Heading, form: Wanted['form']): string[] {
  if (form === 'json') return [JSON.stringify(toJson(report, heading), null, 2)]
  return form === 'csv' ? renderCsv(report, heading) : renderTable(report, heading)
}

async function run(): Promise<void> {
  const { by, since, form, isHelp } = readWords(args)
  if (isHelp) return say(help)
  const { path, timeZone } = readPlaces()
  const sinceAt = readSince(since, { now: systemClock(), timeZone })
  const report = await readReport(path, { by, sinceAt, timeZone })
  say(render(report, { by, since: formatInstant(sinceAt), timeZone }, form))
}

await run().catch(explainFailure)
