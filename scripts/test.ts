/**
 * `npm test` runs everything that needs no more than npm and a Caddy; `npm run test:real` (the word
 * `real`) runs what needs a real model server, `npm run test:slow` what takes minutes, and
 * `npm run test:browser` what needs a Chromium. Further words go to vitest. A skip is loud: each one
 * is named again at the end, under the count.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { exitCode, formatProblem } from '../gatekeeper/src/lib/problem.ts'
import { findCaddy } from './caddy/find-caddy.ts'
import { summarise } from './test/summary.ts'

const root = resolve(import.meta.dirname, '..')
/**
 * Suites of their own, by the word that asks for them; everything else is `npm test`. Their files
 * run one after the other, in processes: they measure, and real servers end with their thread.
 */
const suites: Readonly<Record<string, string>> = {
  real: 'gatekeeper/test/real',
  slow: 'gatekeeper/test/slow',
  browser: 'gatekeeper/test/browser',
}

/** The Caddy that the end-to-end tests run, or null; kept where `npm start` keeps its own. */
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
      env: { ...process.env, ...(caddy !== null && { GATEKEEPER_TEST_CADDY: caddy }) },
    },
  )
  // The terminal gives Ctrl-C to vitest as well; it ends, and so do we.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => child.kill(signal))
  const [code] = (await once(child, 'exit')) as [number | null]
  return code ?? exitCode.software
}

async function main(): Promise<number> {
  const given = process.argv.slice(2)
  const suite = suites[given[0] ?? '']
  const excluded = Object.values(suites).map((folder) => `--exclude=${folder}/**`)
  const which =
    suite === undefined
      ? [...given, ...excluded]
      : [suite, '--pool=forks', '--no-file-parallelism', ...given.slice(1)]
  const caddy = await findTestCaddy()
  const folder = mkdtempSync(join(tmpdir(), 'gk-test-'))
  try {
    const report = join(folder, 'report.json')
    const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`]
    const code = await runVitest([...which, ...reporters], caddy)
    const text = existsSync(report) ? readFileSync(report, 'utf8') : null
    process.stdout.write(`${summarise(text, root).join('\n')}\n`)
    return code
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

process.exitCode = await main()
