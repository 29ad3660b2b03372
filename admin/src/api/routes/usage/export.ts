/** Exports for spreadsheets: read in blocks while the reader takes them. */
import { toCsv } from '../../../../../gatekeeper/src/lib/csv.ts'
import { formatInstant } from '../../../../../gatekeeper/src/lib/instant.ts'
import {
  type LoggedRequest,
  type RequestsQuestion,
  readRequests,
} from '../../../../../gatekeeper/src/operations/usage/usage-requests.ts'
import type { reportUsage } from './report.ts'

const blockLines = 500

const heading = [
  ...['at', 'request', 'user', 'key', 'service', 'model', 'endpoint', 'status', 'outcome'],
  ...['tokens_in', 'tokens_out', 'cost_usd', 'duration_ms', 'queue_ms'],
]

/** Yields every request that matches, the newest first. Ends when the signal is aborted. */
export async function* exportRequests(
  question: Omit<RequestsQuestion, 'before' | 'countMax'>,
  signal: AbortSignal,
): AsyncGenerator<string> {
  yield linesOf([heading])
  let before: RequestsQuestion['before'] = null
  do {
    if (signal.aborted) return
    const page = await readRequests({ ...question, before, countMax: blockLines })
    if (page.requests.length > 0) yield linesOf(page.requests.map(cellsOf))
    before = page.next
  } while (before !== null)
}

type Report = Awaited<ReturnType<typeof reportUsage>>

/** Yields the groups of a report. */
export async function* exportGroups({ groups }: Report, by: string): AsyncGenerator<string> {
  const columns = ['requests', 'failed', 'tokens_in', 'tokens_out', 'cost_usd', 'average_ms']
  yield linesOf([[by, ...columns]])
  yield linesOf(
    groups.map(({ name, requests, failed, tokensIn, tokensOut, microUsd, averageMs }) => [
      ...[name ?? '', requests, failed, tokensIn, tokensOut, toUsd(Number(microUsd)), averageMs],
    ]),
  )
}

const linesOf = (rows: readonly (readonly (string | number)[])[]) =>
  toCsv(rows)
    .map((line) => `${line}\r\n`)
    .join('')

function cellsOf(request: LoggedRequest): (string | number)[] {
  const { at, requestId, user, key, service, model, endpoint, status, outcome } = request
  return [
    ...[formatInstant(at), requestId, user ?? '', key, service, model ?? '', endpoint ?? ''],
    ...[status, outcome, request.tokensIn, request.tokensOut, toUsd(request.microUsd)],
    ...[request.durationMs, request.queueMs],
  ]
}

const toUsd = (microUsd: number) => (microUsd / 1e6).toFixed(6)
