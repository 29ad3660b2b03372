/**
 * `npm run bench`: what Gatekeeper costs, measured with real processes on loopback.
 * docs/benchmarks.md explains each figure and its limits.
 */
import { writeFileSync } from 'node:fs'
import { loadavg } from 'node:os'
import { join, resolve } from 'node:path'
import { exitCode, formatProblem } from '../gatekeeper/src/lib/problem.ts'
import { findCaddy } from '../scripts/caddy/find-caddy.ts'
import { measureConsole, renderConsole } from './console/measure-console.ts'
import { measureHeavy } from './heavy/measure-heavy.ts'
import { faultsOf, renderHeavy } from './heavy/render-heavy.ts'
import { describeMachine } from './machine.ts'
import { measureAll } from './measure-all.ts'
import { measureTokens, renderTokens } from './measure-tokens.ts'
import { type BenchOptions, parseOptions, usage } from './options.ts'
import { choosePeers, namePeers, providePeers } from './peers/choose-peers.ts'
import { canRunAlone, isAlone, runAlone } from './peers/own-network.ts'
import { renderReport } from './render.ts'
import type { Report } from './report.ts'
import { runProfile } from './run-profile.ts'

const root = resolve(import.meta.dirname, '..')
const log = (line: string) => process.stderr.write(`bench: ${line}\n`)

const steps: (() => unknown)[] = []
const undo = (step: () => unknown) => steps.push(step)
let closing: Promise<void> | null = null

/** Ends every process that was started. Further calls do nothing. */
function close(): Promise<void> {
  closing ??= (async () => {
    for (const step of steps.toReversed()) await step()
  })()
  return closing
}

function print(report: Pick<Report, 'at' | 'machine'>, lines: readonly string[]): void {
  const facts = Object.entries(report.machine).map(([name, value]) => `${name} ${value}`)
  facts.push(`load average at the end ${(loadavg()[0] ?? 0).toFixed(2)}`)
  process.stdout.write(`${report.at}: ${facts.join(', ')}\n\n${lines.join('\n')}\n`)
}

function writeJson(file: string | null, report: unknown): void {
  if (file !== null) writeFileSync(file, `${JSON.stringify(report, null, 2)}\n`)
}

function findOurCaddy() {
  const named = (process.env['GATEKEEPER_CADDY'] ?? '').trim()
  const search = { caddy: named === '' ? null : resolve(root, named), log }
  return findCaddy({ ...search, stateDir: join(root, '.gatekeeper') })
}

async function main(): Promise<number> {
  const startedAt = performance.now()
  const options = parseOptions(process.argv.slice(2))
  if (typeof options === 'string') {
    process.stderr.write(`bench: ${options}\n${usage}\n`)
    return exitCode.usage
  }
  const caddy = await findOurCaddy()
  if ('problem' in caddy) {
    process.stderr.write(`bench: ${formatProblem(caddy.problem)}\n`)
    return caddy.exitCode
  }
  if (options.isProfile) {
    const lines = await runProfile({ caddy: caddy.path, seconds: options.seconds }, undo)
    process.stdout.write(`${lines.join('\n')}\n`)
    return exitCode.ok
  }
  if (options.isHeavy) {
    const report = await measureHeavy(caddy, { ...options, log }, undo)
    print(report, renderHeavy(report))
    writeJson(options.jsonFile, report)
    return faultsOf(report).length === 0 ? exitCode.ok : exitCode.no
  }
  if (options.isConsole) return await runConsole(options, caddy)
  if (options.isTokens) {
    const measured = { at: new Date().toISOString(), machine: describeMachine(caddy) }
    const { rounds: pairs, seconds } = options
    const report = await measureTokens({ caddy: caddy.path, pairs, seconds }, undo)
    print(measured, renderTokens(report))
    writeJson(options.jsonFile, report)
    return exitCode.ok
  }
  return await runTable({ options, startedAt }, caddy)
}

async function runTable(
  { options, startedAt }: { readonly options: BenchOptions; readonly startedAt: number },
  caddy: Parameters<typeof describeMachine>[0],
): Promise<number> {
  if (options.hasPeers && !isAlone()) {
    for (const { name, why } of await providePeers(log)) log(`${name}: ${why}`)
    if (canRunAlone()) return await runAlone()
  }
  const chosen = options.hasPeers ? choosePeers(isAlone()) : namePeers()
  const report = await measureAll(caddy, { options, startedAt, log, chosen }, undo)
  print(report, [`${report.rounds} rounds`, '', ...renderReport(report)])
  writeJson(options.jsonFile, report)
  return isValid(report) ? exitCode.ok : exitCode.no
}

async function runConsole(
  options: BenchOptions,
  caddy: Parameters<typeof describeMachine>[0],
): Promise<number> {
  const measured = { at: new Date().toISOString(), machine: describeMachine(caddy) }
  const report = await measureConsole({ ...options, caddy: caddy.path, log }, undo)
  print(measured, renderConsole(report))
  writeJson(options.jsonFile, report)
  return exitCode.ok
}

/** Figures with failed requests are not valid. */
function isValid({ rows }: Report): boolean {
  return rows.every((row) => ('stream' in row ? row.stream.incomplete : row.failed) === 0)
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    void close().finally(() => process.exit(128 + (signal === 'SIGINT' ? 2 : 15)))
  })
}
try {
  process.exitCode = await main()
} finally {
  await close()
}
