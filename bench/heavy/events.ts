import type { IncomingMessage } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { quantile } from '../statistics.ts'
import { type Caller, createCaller, type EntryPoint } from './caller.ts'

export type EventsPlan = EntryPoint & {
  readonly kind: 'events'
  readonly streams: number
  /** Events of each stream; the application sends 20 a second. */
  readonly events: number
}

/** Results of all streams of one run, in milliseconds. */
export type EventsTally = {
  readonly streams: number
  readonly events: number
  /** Events that were sent and never read, read twice, or read in another order. */
  readonly dropped: number
  readonly incomplete: number
  /** Why streams broke, each reason once: error codes or statuses. */
  readonly faults: readonly string[]
  readonly firstEventP50Ms: number
  readonly firstEventP99Ms: number
  /** From the application's write to the client's read. */
  readonly delayP50Ms: number
  readonly delayP99Ms: number
  /** The difference between the pause before an event as sent and as read. */
  readonly addedGapP50Ms: number
  readonly addedGapP99Ms: number
  readonly largestGapMs: number
  readonly largestSentGapMs: number
}

const apartMs = 2
const connectAttempts = 10
const connectPauseMs = 300
const path = '/v1/chat/completions'

type Seen = { readonly askedAt: number; readonly readAt: number[]; readonly sentAt: number[] }
/** `fault` is null if the answer was complete. */
type Ended = Seen & { readonly fault: string | null; readonly misplaced: number }

/** A stream starts every 2 ms, independent of the others, on connections that are already open. */
export async function runEvents(plan: EventsPlan): Promise<EventsTally> {
  const caller = createCaller(plan.target, plan.streams)
  try {
    await spread(plan.streams, () => connect(caller, plan))
    return summarise(plan, await spread(plan.streams, () => ask(caller, plan, true)))
  } finally {
    caller.close()
  }
}

/** A unix socket with a full backlog refuses at once; a TCP client would wait. */
async function connect(caller: Caller, plan: EventsPlan): Promise<void> {
  for (let attempt = 0; attempt < connectAttempts; attempt += 1) {
    const { fault } = await ask(caller, plan, false)
    if (fault === null) return
    await sleep(connectPauseMs)
  }
}

function spread<T>(count: number, run: () => Promise<T>): Promise<T[]> {
  const startedAt = performance.now()
  const begin = async (_: unknown, at: number) => {
    await sleep(Math.max(0, startedAt + at * apartMs - performance.now()))
    return run()
  }
  return Promise.all(Array.from({ length: count }, begin))
}

function ask(caller: Caller, { fields, events }: EventsPlan, stream: boolean): Promise<Ended> {
  const { promise, resolve } = Promise.withResolvers<Ended>()
  const messages = [{ role: 'user', content: 'Say hello.' }]
  const body = JSON.stringify({ model: 'tiny', stream, max_tokens: events, messages })
  const headers = {
    ...{ 'content-type': 'application/json', 'content-length': body.length },
    ...fields,
  }
  const seen: Seen = { askedAt: now(), readAt: [], sentAt: [] }
  const reader = createReader(seen)
  const end = (fault: string | null) => resolve({ ...seen, fault, misplaced: reader.misplaced() })
  const fail = (error: NodeJS.ErrnoException) => end(error.code ?? error.name)
  const request = caller.open({ method: 'POST', path, headers })
  request.on('error', fail)
  request.on('response', (response: IncomingMessage) => {
    response.on('data', reader.read)
    response.on('error', fail)
    response.on('end', () => end(response.statusCode === 200 ? null : `${response.statusCode}`))
  })
  request.end(body)
  return promise
}

/** Reads without JSON.parse, which at 20,000 events a second would use the CPU that is measured. */
function createReader({ readAt, sentAt }: Seen) {
  let rest = ''
  let misplaced = 0
  return {
    read: (chunk: Buffer) => {
      const at = now()
      const lines = (rest + chunk.toString('latin1')).split('\n')
      rest = lines.pop() ?? ''
      for (const line of lines) {
        if (!line.startsWith('data: {"n":')) continue
        if (Number.parseInt(line.slice(11, 20), 10) !== readAt.length) misplaced += 1
        readAt.push(at)
        sentAt.push(Number.parseFloat(line.slice(line.indexOf('"at":') + 5)))
      }
    },
    misplaced: () => misplaced,
  }
}

function summarise({ streams, events }: EventsPlan, ended: readonly Ended[]): EventsTally {
  const delays = ended.flatMap(({ readAt, sentAt }) => differences(readAt, sentAt))
  const read = ended.flatMap(({ readAt }) => gapsOf(readAt))
  const sent = ended.flatMap(({ sentAt }) => gapsOf(sentAt))
  const added = differences(read, sent).map(Math.abs)
  const firsts = ended.flatMap(({ askedAt, readAt: [first] }) =>
    first === undefined ? [] : [first - askedAt],
  )
  const seen = ended.reduce((sum, { readAt }) => sum + readAt.length, 0)
  const misplaced = ended.reduce((sum, stream) => sum + stream.misplaced, 0)
  return {
    ...{ streams, events: seen, dropped: streams * events - seen + misplaced },
    incomplete: ended.filter(({ fault }) => fault !== null).length,
    faults: [...new Set(ended.flatMap(({ fault }) => (fault === null ? [] : [fault])))],
    firstEventP50Ms: quantile(firsts, 0.5),
    firstEventP99Ms: quantile(firsts, 0.99),
    delayP50Ms: quantile(delays, 0.5),
    delayP99Ms: quantile(delays, 0.99),
    addedGapP50Ms: quantile(added, 0.5),
    addedGapP99Ms: quantile(added, 0.99),
    largestGapMs: quantile(read, 1),
    largestSentGapMs: quantile(sent, 1),
  }
}

function differences(values: readonly number[], others: readonly number[]): number[] {
  return values.map((value, at) => value - (others[at] ?? Number.NaN))
}

function gapsOf(times: readonly number[]): number[] {
  return differences(times.slice(1), times)
}

function now(): number {
  return performance.timeOrigin + performance.now()
}
