import { expect, test } from 'vitest'
import type { CountedLine } from '../../../../../gatekeeper/src/operations/usage/usage-lines.ts'
import type { Caller } from '../../caller.ts'
import { streamEvents } from './event-stream.ts'
import type { AuditRecord, LiveLook, LiveSource } from './live-source.ts'

const callerOf = (role: Caller['role'], name: string): Caller => ({
  ...{ id: `person:${name}`, name, role, team: null, session: { id: 's', authenticatedAt: 0 } },
  person: {
    ...{ id: name, name, title: null, role, disabled: false, serviceEmail: null },
    ...{ access: null, logins: [], createdAt: null, team: null },
  },
})

const line = (id: number, user: string): CountedLine => ({
  ...{ id, at: 0, principal_id: `key:${user}`, user, service: 'ollama', model: null },
  ...{ status: 200, outcome: 'ok', input_tokens: 10, output_tokens: 5, micro_usd: 7 },
  duration_ms: 1,
})

const refusal = (user: string) =>
  ({
    ...{ at: '2026-11-29T12:00:00.000Z', event: 'request', outcome: 'deny', user },
    ...{ reason: 'rate-limit', method: 'GET', path: '/api/tags', requestId: 'r' },
  }) as unknown as AuditRecord

const nothing: LiveLook = {
  ...{ lines: [], lastId: 9, refusals: [], queue: null, degraded: null, changed: [] },
}

/** A stream whose looks, clock and session are the test's. */
function open(caller: Caller, lastId: number | null = null) {
  let onLook: ((look: LiveLook) => void) | null = null
  let now = 0
  let current: Caller | null = caller
  const every: (() => void)[] = []
  const left = new AbortController()
  const source: LiveSource = {
    listen: (listener) => {
      onLook = listener
      return () => {
        onLook = null
      }
    },
    linesAfter: async (id) => [line(id + 1, 'mia')],
  }
  const timers = {
    after: () => () => {},
    every: (_: number, run: () => void) => {
      every.push(run)
      return () => {}
    },
  }
  const stream = streamEvents(
    { caller, lastId, signal: left.signal },
    { source, clock: () => now, timers, callerNow: async () => current },
  )
  return {
    stream,
    look: (look: Partial<LiveLook>) => onLook?.({ ...nothing, ...look }),
    isListening: () => onLook !== null,
    pass: (ms: number) => {
      now += ms
      for (const run of every) run()
    },
    become: (next: Caller | null) => {
      current = next
    },
    leave: () => left.abort(),
  }
}

/** Begins a stream: its first words are sent at once. */
async function begin(opened: ReturnType<typeof open>) {
  expect((await opened.stream.next()).value).toBe(': events\n\n')
}

function read(text: unknown) {
  return String(text)
    .split('\n\n')
    .filter((block) => block.startsWith('event:'))
    .map((block) => {
      const [, kind, id, data] = /^event: (\w+)\nid: (\d+)\ndata: (.*)$/.exec(block) ?? []
      return { kind, id: Number(id), data: JSON.parse(data ?? 'null') }
    })
}

const everything = {
  lines: [line(8, 'mia'), line(9, 'max')],
  refusals: [refusal('mia'), refusal('max')],
  queue: { running: 1, waiting: 2 },
  degraded: [{ part: 'keys', what: '/srv/keys.json is broken', remedy: 'Correct it.' }],
  changed: ['keys', 'people'],
} as const

test('an auditor sees what everybody does', async () => {
  const opened = open(callerOf('auditor', 'aude'))
  await begin(opened)
  opened.look(everything)
  const events = read((await opened.stream.next()).value)
  expect(events.map(({ kind }) => kind)).toEqual([
    ...['overview', 'refusal', 'refusal', 'degraded', 'changed', 'changed'],
  ])
  expect(events[0]).toMatchObject({
    id: 9,
    data: {
      ...{ requests: 2, tokens: 30, microUsd: '14', refused: 2 },
      queue: { running: 1, waiting: 2 },
    },
  })
})

test('a member sees only what is theirs', async () => {
  const opened = open(callerOf('member', 'mia'))
  await begin(opened)
  opened.look(everything)
  const { value } = await opened.stream.next()
  expect(read(value)).toMatchObject([
    { kind: 'overview', data: { requests: 1, tokens: 15, microUsd: '7', refused: 1, queue: null } },
    { kind: 'refusal', data: { user: 'mia', reason: 'rate-limit' } },
    { kind: 'changed', data: { thing: 'keys' } },
  ])
  expect(value).not.toContain('max')
  expect(value).not.toContain('/srv')
})

test('an admin of a team sees refusals of the team, and nothing of the installation', async () => {
  const opened = open({ ...callerOf('admin', 'adam'), team: 'red' })
  await begin(opened)
  const ofTeam = { ...refusal('mia'), team: 'red' }
  const others = [{ ...refusal('max'), team: 'blue' }, refusal('ida')]
  opened.look({ ...everything, refusals: [ofTeam, ...others], changed: ['keys', 'rules'] })
  const { value } = await opened.stream.next()
  expect(read(value)).toMatchObject([
    { kind: 'refusal', data: { user: 'mia' } },
    { kind: 'changed', data: { thing: 'keys' } },
  ])
  for (const word of ['max', 'ida', '/srv', 'rules']) expect(value).not.toContain(word)
})

test('a right that was taken away holds within fifteen seconds', async () => {
  const opened = open(callerOf('admin', 'adam'))
  await begin(opened)
  opened.become(callerOf('member', 'adam'))
  const next = opened.stream.next()
  opened.pass(15_000)
  await next
  opened.look(everything)
  const { value } = await opened.stream.next()
  expect(read(value).map(({ kind }) => kind)).toEqual(['changed'])
})

test('the stream ends with its session', async () => {
  const opened = open(callerOf('admin', 'adam'))
  await begin(opened)
  opened.become(null)
  const next = opened.stream.next()
  opened.pass(15_000)
  expect(await next).toMatchObject({ done: true })
  expect(opened.isListening()).toBe(false)
})

test('it ends after ten minutes, and when nobody reads any more', async () => {
  const old = open(callerOf('admin', 'adam'))
  await begin(old)
  for (let at = 0; at < 40; at++) {
    const next = old.stream.next()
    old.pass(15_000)
    await next
  }
  expect(await old.stream.next()).toMatchObject({ done: true })
  const left = open(callerOf('admin', 'adam'))
  await begin(left)
  const next = left.stream.next()
  left.leave()
  await next
  expect(await left.stream.next()).toMatchObject({ done: true })
  expect(left.isListening()).toBe(false)
})

test('a stream that is opened again begins with what was missed', async () => {
  const opened = open(callerOf('member', 'mia'), 4)
  await begin(opened)
  opened.look({})
  expect(read((await opened.stream.next()).value)).toMatchObject([
    { kind: 'overview', data: { requests: 1 } },
  ])
})

test('a page that reads slowly makes it hold no more than the newest', async () => {
  const opened = open(callerOf('owner', 'olga'))
  await begin(opened)
  for (let at = 0; at < 500; at++) {
    opened.look({ ...everything, refusals: [refusal(`u${at}`)], lines: [line(at, `u${at}`)] })
  }
  const events = read((await opened.stream.next()).value)
  expect(events.filter(({ kind }) => kind === 'refusal')).toHaveLength(100)
  expect(events.filter(({ kind }) => kind === 'overview')).toMatchObject([
    { data: { requests: 500 } },
  ])
})
