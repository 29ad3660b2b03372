/** `--console`: lists and reports of a large installation, and what browsing costs everybody else. */
import { startClient } from '../client.ts'
import type { Undo } from '../front.ts'
import { readResidentMb } from '../processes.ts'
import { median, quantile } from '../statistics.ts'
import { type ConsoleSite, type Size, startConsoleSite } from './console-site.ts'

type PathTimes = {
  readonly path: string
  readonly p50Ms: number
  readonly maxMs: number
  readonly failed: number
}

type Beside = {
  /** p99 of checks in milliseconds, medians of rounds in turn. */
  readonly aloneMs: number
  readonly besideMs: number
  /** Median over rounds. */
  readonly ratio: number
  readonly failed: number
}

export type ConsoleReport = {
  readonly size: Size
  readonly paths: readonly PathTimes[]
  readonly beside: Beside
  readonly adminResidentMb: number | null
}

const full: Size = { keys: 100_000, lines: 5_000_000, people: 990 }
const quick: Size = { keys: 2_000, lines: 20_000, people: 20 }

/** Every list and report of the pages; `{cursor}` is one fifty pages on. */
const paths = [
  ...['/keys', '/keys?limit=200', '/keys?q=machine+99999', '/keys?q=nothing-has-this'],
  ...['/keys?sort=-createdAt', '/keys?sort=lastUsedAt&state=disabled'],
  ...['/keys?user=user-5&tag=env=prod', '/keys?limit=200&cursor={cursor}'],
  ...['user', 'key', 'model', 'service', 'day'].map((by) => `/usage?by=${by}`),
  ...['/usage?by=user&bucket=day&since={month}', '/usage?by=key&bucket=day&since={quarter}'],
  ...['/usage/requests', '/usage/requests?limit=200&user=user-3', '/overview'],
  ...['/audit?chain=acts', '/audit?chain=requests', '/audit?chain=requests&q=nothing'],
  ...['/people', '/people?limit=200', '/people?q=user-99', '/clients', '/users', '/session'],
]

type Options = {
  readonly caddy: string
  readonly isQuick: boolean
  readonly rounds: number
  readonly seconds: number
  readonly log: (line: string) => void
}

/** Starts the processes and measures them. */
export async function measureConsole(options: Options, undo: Undo): Promise<ConsoleReport> {
  const size = options.isQuick ? quick : full
  const site = await startConsoleSite({ ...options, size }, undo)
  const cursor = await findCursor(site)
  const day = (back: number) => new Date(Date.now() - back * 86_400_000).toISOString()
  const times: PathTimes[] = []
  for (const path of paths) {
    const asked = path
      .replace('{cursor}', cursor)
      .replace('{month}', day(30))
      .replace('{quarter}', day(89))
    times.push({ ...(await timePath(site, asked)), path })
  }
  const beside = await measureBeside(site, options, undo)
  return { size, paths: times, beside, adminResidentMb: readResidentMb(site.admin) }
}

const pagesOn = 50

async function findCursor({ get }: ConsoleSite): Promise<string> {
  let cursor = ''
  for (let page = 0; page < pagesOn; page++) {
    const at = cursor === '' ? '' : `&cursor=${cursor}`
    const { body } = await get(`/keys?limit=200${at}`)
    if (body.next === null) break
    cursor = encodeURIComponent(body.next)
  }
  return cursor
}

const asks = 15

async function timePath({ get }: ConsoleSite, path: string): Promise<Omit<PathTimes, 'path'>> {
  await get(path)
  const tookMs: number[] = []
  let failed = 0
  for (let ask = 0; ask < asks; ask++) {
    const { status, ms } = await get(path)
    if (status === 200) tookMs.push(ms)
    else failed += 1
  }
  return { p50Ms: quantile(tookMs, 0.5), maxMs: Math.max(...tookMs), failed }
}

const connections = 16

/** Checks alone and beside one person who browses and one who exports, in turn. */
async function measureBeside(
  site: ConsoleSite,
  { rounds, seconds }: Options,
  undo: Undo,
): Promise<Beside> {
  const { key, front, get } = site
  const request = `GET /tts/hello HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${key.key}\r\n\r\n`
  // In a process of its own, so that what reads the pages does not slow it down.
  const client = startClient()
  undo(client.stop)
  const plan = { target: front.target, request, connections, seconds, warmSeconds: 0.3 }
  const slice = () => client.load(plan)
  const [alone, beside]: [number[], number[]] = [[], []]
  let failed = 0
  for (let round = 0; round < rounds; round++) {
    const quiet = await slice()
    const left = new AbortController()
    const busy = Promise.all([browse(get, left.signal), exportAgain(get, left.signal)])
    const loud = await slice()
    left.abort()
    await busy
    alone.push(quiet.p99Ms)
    beside.push(loud.p99Ms)
    failed += quiet.failed + loud.failed
  }
  const ratio = median(alone.map((ms, round) => (beside[round] ?? Number.NaN) / ms))
  return { aloneMs: median(alone), besideMs: median(beside), ratio, failed }
}

async function browse(get: ConsoleSite['get'], signal: AbortSignal): Promise<void> {
  for (let at = 0; !signal.aborted; at++) await get(paths[at % 8] ?? '/keys')
}

async function exportAgain(get: ConsoleSite['get'], signal: AbortSignal): Promise<void> {
  const since = new Date(Date.now() - 86_400_000).toISOString()
  while (!signal.aborted) await get(`/usage/export?since=${since}`)
}

/** Returns the report as lines of text. */
export function renderConsole({ size, paths: times, beside, adminResidentMb }: ConsoleReport) {
  const ms = (value: number) => value.toFixed(1).padStart(8)
  return [
    `${size.keys} keys, ${size.people} people, ${size.lines} lines of usage; ${asks} answers each`,
    '',
    `${'    p50'.padStart(8)} ${'max ms'.padStart(8)}`,
    ...times.map(({ path, p50Ms, maxMs, failed }) => {
      return `${ms(p50Ms)} ${ms(maxMs)}  ${path}${failed === 0 ? '' : `  ${failed} FAILED`}`
    }),
    '',
    `p99 of checks, ${connections} connections: ${beside.aloneMs.toFixed(1)} ms alone, ` +
      `${beside.besideMs.toFixed(1)} ms beside browsing and an export ` +
      `(ratio of rounds ${beside.ratio.toFixed(2)}, ${beside.failed} failed)`,
    `the admin process afterwards: ${adminResidentMb?.toFixed(0) ?? '?'} MB`,
  ]
}
