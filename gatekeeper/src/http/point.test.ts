import { request } from 'node:http'
import { expect, test } from 'vitest'
import { listen } from '../../test/support/listen.ts'
import {
  aBodySource,
  aPrincipal,
  aReservation,
  aRoute,
  aService,
  noLimits,
  otherKey,
  sampleKey,
} from '../../test/support/questions.ts'
import type { Outcome } from '../model/admission.ts'
import { noAddressRules } from '../policy/address-rules.ts'
import { checks } from '../policy/checks.ts'
import { createRouteTable } from '../policy/route-table.ts'
import type { Decided } from '../telemetry/decision-log.ts'
import { answerCall, type Entry, type PointDeps, type Serve } from './point.ts'

const stated = {
  'x-gatekeeper-edge': 'edge',
  'x-gatekeeper-method': 'GET',
  'x-gatekeeper-uri': '/api/tags',
  'x-gatekeeper-host': 'ai.example',
  'x-gatekeeper-client-address': '192.0.2.7',
  'x-gatekeeper-request-id': 'request-1',
  'x-gatekeeper-protocol': 'HTTP/1.1',
  authorization: `Bearer ${sampleKey}`,
}

const answered = { status: 200, kind: 'answered', answerBytes: 0 } as const
const serveWhole: Serve = ({ response }) => ({
  ...{ outcome: answered, reason: null, usage: null },
  last: { send: () => response.end('whole'), cut: () => false },
})

type Given = {
  readonly fields?: Record<string, string>
  readonly deps?: Partial<PointDeps>
  readonly entry?: Partial<Entry>
  readonly serve?: Serve
}

/** Sends one request to a point and returns what was answered, settled, recorded and logged. */
async function ask({ fields, deps: over, entry: at, serve = serveWhole }: Given = {}) {
  const settled: Outcome[] = []
  const recorded: Decided[] = []
  const faults: unknown[] = []
  const deps: PointDeps = {
    findRoute: createRouteTable([aService({ routes: [aRoute()] })]),
    addressRules: () => noAddressRules,
    plainKeyTest: () => null,
    holdsToken: () => false,
    checks,
    authenticate: (credential) => (credential === sampleKey ? aPrincipal() : 'unknown-key'),
    reserve: () => aReservation({ settle: async (outcome) => void settled.push(outcome) }),
    ...noLimits,
    edge: 'edge',
    onDecided: (decided) => void recorded.push(decided),
    logFault: (error) => void faults.push(error),
    isDraining: () => false,
    isOverloaded: () => false,
    beginWork: () => () => {},
    resourceMetadata: null,
    clock: () => 0,
    ...over,
  }
  const entry: Entry = { point: 'relay', openBody: () => aBodySource(), preflight: {}, ...at }
  const port = await listen((incoming, response) => {
    void answerCall({ request: incoming, response, startedAt: 0 }, entry, deps, serve)
  })
  const answer = Promise.withResolvers<{ status: number | null; text: string }>()
  const call = request({ port, headers: { ...stated, ...fields }, agent: false }, (incoming) => {
    let text = ''
    incoming.on('data', (chunk) => {
      text += chunk
    })
    incoming.on('error', () => answer.resolve({ status: null, text }))
    incoming.on('end', () => answer.resolve({ status: incoming.statusCode ?? 0, text }))
  })
  call.on('error', () => answer.resolve({ status: null, text: '' }))
  call.end()
  const { status, text } = await answer.promise
  const [{ reason = null, check = null } = {}] = recorded
  return { status, text, settled, records: recorded.length, reason, check, faults }
}

test('an admitted request is settled once, then its end is sent, then it is recorded once', async () => {
  const seen = await ask()
  expect(seen).toMatchObject({ status: 200, text: 'whole', records: 1, reason: null, faults: [] })
  expect(seen.settled).toEqual([answered])
})

test.each<[string, Given, number, string]>([
  ['without the edge', { fields: { 'x-gatekeeper-edge': 'other' } }, 403, 'edge'],
  ['whose head is not stated', { fields: { 'x-gatekeeper-uri': '' } }, 503, 'head'],
  ['while the process drains', { deps: { isDraining: () => true } }, 503, 'head'],
  ['of a bad key', { fields: { authorization: otherKey } }, 401, 'known-caller'],
])('a request %s is refused: recorded once, and nothing is settled', async (...row) => {
  const [, given, status, check] = row
  expect(await ask(given)).toMatchObject({ status, check, records: 1, settled: [], faults: [] })
})

test('a limit that throws refuses, and the fault is logged', async () => {
  const limitsOf = () => {
    throw new Error('bug')
  }
  const seen = await ask({ deps: { limitsOf } })
  expect(seen).toMatchObject({ status: 503, check: 'fault', records: 1, settled: [] })
  expect(seen.faults).toHaveLength(1)
})

test('an admission that cannot be discharged is settled as failed, and nothing is served', async () => {
  const oblige = () => ({ kind: 'set-subprotocols', subprotocols: ['chat'] }) as const
  const duty = { name: 'duty', examine: () => null, oblige }
  const serve = () => {
    throw new Error('served')
  }
  const seen = await ask({ deps: { checks: { ...checks, head: [...checks.head, duty] } }, serve })
  expect(seen).toMatchObject({ status: 503, check: 'discharge', records: 1, faults: [] })
  expect(seen.settled).toMatchObject([{ kind: 'failed' }])
})

test.each([
  ['nothing was sent', false],
  ['half of an answer was sent', true],
])('a serve that throws when %s is settled as failed and recorded once', async (_, isHalf) => {
  const serve: Serve = async ({ response }) => {
    if (isHalf) await new Promise<void>((resolve) => response.write('half', () => resolve()))
    throw new Error('bug')
  }
  const seen = await ask({ serve })
  expect(seen).toMatchObject({ status: isHalf ? null : 503, check: 'fault', records: 1 })
  expect(seen.settled).toMatchObject([{ kind: 'failed' }])
  expect(seen.faults).toHaveLength(1)
})

test('an answer whose end another process reports is settled at once and recorded at the report', async () => {
  const ends: ((end: null) => void)[] = []
  const serve: Serve = ({ response }) => {
    response.end()
    return {
      ...{ outcome: answered, reason: null, usage: null },
      whenEnded: (tell) => void ends.push(tell),
    }
  }
  const seen = await ask({ entry: { point: 'relay' }, serve })
  expect(seen).toMatchObject({ status: 200, records: 0, settled: [answered] })
  expect(ends).toHaveLength(1)
})

test('a path that needs no admission is answered only to requests with the edge', async () => {
  const answerOpen: Entry['answerOpen'] = ({ response }) => {
    response.end('open')
    return true
  }
  expect(await ask({ entry: { answerOpen } })).toMatchObject({ text: 'open', records: 0 })
  const fields = { 'x-gatekeeper-edge': 'other' }
  expect(await ask({ entry: { answerOpen }, fields })).toMatchObject({ status: 403, check: 'edge' })
})
