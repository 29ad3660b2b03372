/**
 * A gateway that refuses every request: each service and each key for one lasting reason. The
 * clients are real; behind the gate is the tests' upstream, since no refused request gets there.
 */
import { type FaultyUpstream, startFaultyUpstream } from '../../../../scripts/demo/faults.ts'
import type { Reason } from '../../../src/model/reason.ts'
import { waitUntil } from '../../support/child.ts'
import { type DecisionLine, watchDecisions } from '../../support/decisions.ts'
import { freePort } from '../../support/free-port.ts'
import { makeKey, type TestKey } from '../../support/keys.ts'
import { type Stack, startStack } from '../../support/stack.ts'

type Service = 'open' | 'held' | 'busy' | 'gone'

/** One way to be refused. */
export type Refusal = {
  readonly service: Service
  readonly limits: readonly string[]
  readonly reason: Reason
  /** Whether the answer says that a retry is useless. */
  readonly isFinal: boolean
}

export const refusals = {
  'a rate that is over for long': {
    ...{ service: 'open', limits: ['1/hour'], reason: 'rate-limited', isFinal: true },
  },
  'a quota that is used up': {
    ...{ service: 'open', limits: ['1/month'], reason: 'quota-exceeded', isFinal: true },
  },
  'too many running': {
    ...{ service: 'held', limits: ['1-concurrent'], reason: 'too-many-running', isFinal: false },
  },
  'a full queue': { service: 'busy', limits: [], reason: 'queue-full', isFinal: false },
  'a service that is gone': {
    ...{ service: 'gone', limits: [], reason: 'upstream-unreachable', isFinal: false },
  },
} as const satisfies Readonly<Record<string, Refusal>>

export type RefusalName = keyof typeof refusals

const services: Service[] = ['open', 'held', 'busy', 'gone']
// Half a minute, which is as long as the libraries are willing to wait, and longer than a client
// takes for its first two requests on a busy machine.
const soonLimit = '2/min burst 1'
const logLimitMs = 20_000
const hello = [{ role: 'user', content: 'hello' }]

/** The keys of each client: its own, so that no other client's tries count. */
export type Visitor = {
  /** Of a limit that is over after one request, for a moment. */
  readonly soon: TestKey
  readonly refused: Readonly<Record<RefusalName, TestKey>>
}

export type LimitGateway = {
  readonly stack: Stack
  readonly visitors: readonly Visitor[]
  /** The public base of a service. */
  readonly urlOf: (service: Service) => string
  /** The decisions on a key's requests so far: the reason, or null if it was answered. */
  readonly decisionsOf: (key: TestKey, atLeast: number) => Promise<readonly (string | null)[]>
  readonly stop: () => Promise<void>
}

/** Starts the gateway for this many clients, with every limit used up. */
export async function openLimitGateway(visitorCount: number): Promise<LimitGateway> {
  const upstreams = { answering: await startFaultyUpstream(), still: await startFaultyUpstream() }
  upstreams.still.behave({ haltAfterParts: 1 })
  const visitors = Array.from({ length: visitorCount }, (_, index) => makeVisitor(index))
  const holder = makeKey({ user: 'holder', services })
  const keys = visitors.flatMap(({ soon, refused }) => [soon, ...Object.values(refused)])
  const stack = await startStack({
    keys: [holder, ...keys],
    config: configFor(upstreams, await freePort()),
  })
  const lines = watchDecisions(stack.gatekeeper)
  await useUp(stack, holder, visitors)
  return {
    ...{ stack, visitors },
    urlOf: (service) => `${stack.url}${prefixOf(service)}`,
    decisionsOf: async (key, atLeast) => {
      const ofKey = () => lines.filter(({ user }) => user === key.entry['user'])
      await waitFor(() => ofKey().length >= atLeast, stack)
      // One more than expected would be logged before a request that comes now.
      const { headers } = await stack.send(`${prefixOf('open')}/api/tags`, { key: holder.key })
      await waitFor(() => lines.some((line) => isOf(line, headers['x-request-id'])), stack)
      return ofKey().map(({ reason }) => reason ?? null)
    },
    stop: async () => {
      await stack.stop()
      await Promise.all(Object.values(upstreams).map((upstream) => upstream.close()))
    },
  }
}

function makeVisitor(index: number): Visitor {
  const make = (name: string, limits: readonly string[]) =>
    makeKey({ user: `${index}: ${name}`, services, limits })
  const refused = Object.entries(refusals).map(([name, { limits }]) => [name, make(name, limits)])
  return { soon: make('soon', [soonLimit]), refused: Object.fromEntries(refused) }
}

const prefixOf = (service: Service) => `/ollama/${service}`

function configFor(
  { answering, still }: Readonly<Record<'answering' | 'still', FaultyUpstream>>,
  freedPort: number,
): string {
  const service = (name: Service, url: string, more: string) =>
    `  ${name}: {kind: ollama, ${more}, upstream: {url: "${url}"}, routes: [{prefix: ${prefixOf(name)}, strip: true}]}\n`
  return [
    'version: 1\nservices:\n',
    service('open', answering.url, 'slots: unlimited'),
    service('held', still.url, 'slots: unlimited'),
    service('busy', still.url, 'slots: 1, queue: {waiting: 0}'),
    service('gone', `http://127.0.0.1:${freedPort}`, 'slots: unlimited'),
  ].join('')
}

/** Uses up every limit, and keeps a request running wherever one more is too many. */
async function useUp(stack: Stack, holder: TestKey, visitors: readonly Visitor[]): Promise<void> {
  await hold(stack, 'busy', holder)
  for (const { refused } of visitors) {
    for (const [name, key] of Object.entries(refused)) {
      const { service } = refusals[name as RefusalName]
      if (service === 'held') await hold(stack, service, key)
      if (service === 'open') await spend(stack, key)
    }
  }
}

/** One use: limits of requests do not count reading. */
async function spend(stack: Stack, { key }: TestKey): Promise<void> {
  const json = { model: 'demo', messages: hello, stream: false }
  const { status } = await stack.send(`${prefixOf('open')}/api/chat`, { key, json })
  if (status !== 200) throw new Error(`nothing is spent: ${status}`)
}

/** Resolves when the answer has begun, which never continues. */
async function hold(stack: Stack, service: Service, { key }: TestKey): Promise<void> {
  const { statusCode, body } = await stack.dispatcher.request({
    ...{ origin: stack.url, path: `${prefixOf(service)}/api/chat`, method: 'POST' },
    headers: { 'content-type': 'application/json', authorization: `Bearer ${key}` },
    body: JSON.stringify({ model: 'demo', messages: hello, stream: true }),
    bodyTimeout: 0,
  })
  // It ends with the gateway.
  body.on('error', () => {}).resume()
  if (statusCode !== 200) throw new Error(`nothing is held at ${service}: ${statusCode}`)
}

function isOf({ requestId }: DecisionLine, id: string | string[] | undefined): boolean {
  return requestId === id
}

async function waitFor(isDone: () => boolean, { gatekeeper }: Stack): Promise<void> {
  await waitUntil(isDone, { limitMs: logLimitMs, child: gatekeeper, describe: () => 'not logged' })
}
