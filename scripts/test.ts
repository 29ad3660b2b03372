/**
 * `npm test` runs everything that needs no more than npm and a Caddy. Suites of their own:
 * `npm run test:real` needs a real model server, `test:slow` takes minutes, `test:browser` needs a
 * Chromium, `test:compose` a Docker engine of its own, `test:apps` installs real applications,
 * `test:faults` breaks processes, disks and clocks, and `test:soak` shows what comes only after a
 * while (GATEKEEPER_TEST_SOAK_SECONDS, 600). Further words select files, of the suite where one is
 * named; options go to vitest. Each skipped test is listed again at the end, above the count.
 * With `--again`, as CI has it, the files with failures are run once more, alone.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { exitCode, formatProblem } from '../gatekeeper/src/lib/problem.ts'
import { findCaddy } from './caddy/find-caddy.ts'
import { selectFiles } from './test/select-files.ts'
import { type Outcome, readOutcomes, summarise } from './test/summary.ts'

const root = resolve(import.meta.dirname, '..')
/**
 * Suites of their own, by the word that asks for them; everything else is `npm test`. Their files
 * run one after the other, in processes: they measure, and real servers end with their thread.
 */
const suites: Readonly<Record<string, string>> = {
  faults: 'gatekeeper/test/faults',
  soak: 'gatekeeper/test/soak',
  real: 'gatekeeper/test/real',
  slow: 'gatekeeper/test/slow',
  browser: '{gatekeeper,sdk}/test/browser',
  compose: 'gatekeeper/test/compose',
  apps: '{gatekeeper,sdk}/test/apps',
}

/** Files of `npm test` that belong to a suite as well, and also run when that suite is named. */
const gathered: Readonly<Record<string, readonly string[]>> = {
  faults: [
    'gatekeeper/test/attack/audit-disk.test.ts',
    'gatekeeper/test/attack/usage-disk.test.ts',
    'gatekeeper/test/attack/state-and-disk.test.ts',
    'gatekeeper/test/attack/upstream-answers.test.ts',
    'gatekeeper/test/features/accounting.test.ts',
    'gatekeeper/test/features/shutdown.test.ts',
  ],
}

const again = '--again'

/** Returns the Caddy for end-to-end tests, or null; kept where `npm start` keeps its own. */
async function findTestCaddy(): Promise<string | null> {
  const named = (process.env['GATEKEEPER_CADDY'] ?? '').trim()
  const caddy = named === '' ? null : resolve(root, named)
  const log = (line: string) => process.stderr.write(`gatekeeper: ${line}\n`)
  const found = await findCaddy({ caddy, stateDir: join(root, '.gatekeeper'), log })
  if ('path' in found) return found.path
  process.stderr.write(`SKIP: no Caddy, so nothing is tested end to end.
${formatProblem(found.problem)}\n`)
  return null
}

async function runVitest(words: readonly string[], caddy: string | null): Promise<number> {
  const child = spawn(
    process.execPath,
    [join(root, 'node_modules', 'vitest', 'vitest.mjs'), 'run', ...words],
    {
      cwd: root,
      stdio: 'inherit',
      env: {
        ...process.env,
        ...(caddy !== null && { GATEKEEPER_TEST_CADDY: caddy }),
      },
    },
  )
  // The terminal sends Ctrl-C to vitest as well; when it ends, this process ends.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => child.kill(signal))
  const [code] = (await once(child, 'exit')) as [number | null]
  return code ?? exitCode.software
}

type Run = { readonly code: number; readonly outcomes: Outcome[] | null }

async function runOnce(words: readonly string[], caddy: string | null): Promise<Run> {
  const folder = mkdtempSync(join(tmpdir(), 'gk-test-'))
  try {
    const report = join(folder, 'report.json')
    const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`]
    const code = await runVitest([...words, ...reporters], caddy)
    const text = existsSync(report) ? readFileSync(report, 'utf8') : null
    return { code, outcomes: readOutcomes(text, root) }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Runs the files with failures again, alone: tests that only failed beside others are named flaky. */
async function runFailedAgain({ outcomes }: Run, caddy: string | null): Promise<Run> {
  const failed = outcomes?.filter(({ status }) => status === 'failed') ?? []
  const files = [...new Set(failed.map(({ file }) => file))]
  process.stdout.write(`\nAGAIN, alone: ${files.join(' ')}\n`)
  return await runOnce([...files, '--pool=forks', '--no-file-parallelism'], caddy)
}

/** The words for vitest; null if there is no such file. */
function chooseWords(): readonly string[] | null {
  const given = process.argv.slice(2).filter((word) => word !== again)
  const [name = '', ...rest] = given
  const suite = suites[name]
  if (suite === undefined) {
    return [...given, ...Object.values(suites).map((folder) => `--exclude=${folder}/**`)]
  }
  // CI has already run the gathered files.
  const more = process.argv.includes(again) ? [] : (gathered[name] ?? [])
  const selected = selectFiles(rest, [...globSync(`${suite}/**/*.test.ts`, { cwd: root }), ...more])
  if ('words' in selected) return [...selected.words, '--pool=forks', '--no-file-parallelism']
  const all = selected.files.map((file) => `  ${file}\n`).join('')
  process.stderr.write(`no file of ${name} has ${selected.unknown} in its path. It has:\n${all}`)
  return null
}

async function main(): Promise<number> {
  const which = chooseWords()
  if (which === null) return exitCode.usage
  const caddy = await findTestCaddy()
  const first = await runOnce(which, caddy)
  const isRunAgain =
    process.argv.includes(again) && first.outcomes?.some(({ status }) => status === 'failed')
  const second = isRunAgain === true ? await runFailedAgain(first, caddy) : null
  const lines = summarise(first.outcomes, second?.outcomes ?? [])
  process.stdout.write(`${lines.join('\n')}\n`)
  return second?.code ?? first.code
}

process.exitCode = await main()
