import { expect } from 'vitest'
import type { ReceivedRequest } from '../../../../scripts/demo/demo-upstream.ts'
import { countAnswers, type RawAnswer } from './answers.ts'
import { type Battlefield, untilDecided } from './field.ts'

type Point = { readonly point: string; readonly prefix: string }
type Attack = { readonly mark: string; readonly answers: readonly RawAnswer[] }

const idOf = ({ headers }: ReceivedRequest) => headers['x-gatekeeper-request-id'] ?? []

/** Sends an attack and checks all promises on its result. */
export async function expectNothingSmuggledBy(
  field: Battlefield,
  at: Point,
  { bytes, mark }: { bytes: string; mark: string },
): Promise<void> {
  const { answers } = await field.attack(bytes, {
    isSettled: (text) => countAnswers(text) >= completeOf(field, mark).length,
  })
  await expectNothingSmuggled(field, at, { mark, answers })
}

/** Checks the promises after every attack, whatever its bytes meant to Caddy. */
export async function expectNothingSmuggled(
  field: Battlefield,
  at: Point,
  { mark, answers }: Attack,
): Promise<void> {
  const { received } = field.stack.upstream
  await expectAdmitted(field, markedBy(field, mark))
  // A request whose body never ended may have begun upstream and gets no answer.
  const complete = completeOf(field, mark).length
  expect(complete, 'received, at most as many as answered').toBeLessThanOrEqual(answers.length)
  expect(received.filter(isStolen).map(describeReceived)).toEqual([])
  expect(JSON.stringify(answers.map(({ fields }) => fields))).not.toMatch(/gatekeeper-|smuggled/i)
  await expectHonestAnswer(field, at, mark)
}

function markedBy(field: Battlefield, mark: string): ReceivedRequest[] {
  return field.stack.upstream.received.filter(({ url }) => url.includes(mark))
}

function completeOf(field: Battlefield, mark: string): ReceivedRequest[] {
  return markedBy(field, mark).filter(({ isComplete }) => isComplete)
}

/** Every request of the upstream carries the id of a decision of its own that let it in. */
async function expectAdmitted(field: Battlefield, received: readonly ReceivedRequest[]) {
  const ids = received.flatMap(idOf)
  expect(ids.length, 'each with one id').toBe(received.length)
  expect(new Set(ids).size, 'each with its own id').toBe(ids.length)
  await untilDecided(field, ids)
  for (const request of received) {
    const [id] = idOf(request)
    const decided = field.decisions.filter(({ requestId }) => requestId === id)
    expect(decided).toMatchObject([{ method: request.method, user: 'mallory' }])
    expect(decided[0]?.outcome).not.toBe('deny')
    expect(decided[0]?.path?.endsWith(request.url.split('?', 1)[0] ?? '')).toBe(true)
    expect(request.headers['x-gatekeeper-user']).toEqual(['mallory'])
    expect(request.headers['x-gatekeeper-role']).toEqual(['readwrite'])
  }
}

function isStolen({ method, url, headers, rawHeaders }: ReceivedRequest): boolean {
  const names = rawHeaders.filter((_text, at) => at % 2 === 0).map((name) => name.toLowerCase())
  const isHonest = method === 'GET' && url.startsWith('/v1/models/honest-')
  return (
    url.includes('delete') ||
    (headers['x-gatekeeper-user']?.includes('victim') === true && !isHonest) ||
    names.filter((name) => name.replace(/[._]/g, '-') === 'x-gatekeeper-user').length !== 1 ||
    names.some((name) => /edge|proof|authorization|api-key|cookie/.test(name))
  )
}

function describeReceived({ method, url, rawHeaders }: ReceivedRequest): string {
  return `${method} ${url} ${rawHeaders.join(' | ')}`
}

/** Another caller, right after it and on a new connection, gets the answer to its own request. */
async function expectHonestAnswer(field: Battlefield, at: Point, mark: string): Promise<void> {
  const name = `honest-${mark.replace(/[^0-9a-z]/g, '')}`
  const { status, told } = await field.askHonestly(at.prefix, name)
  expect({ status, ...told }).toEqual({
    ...{ status: 200, method: 'GET', url: `/v1/models/${name}`, user: 'victim', bodyBytes: 0 },
  })
}

/** The sum over a whole suite: nothing reached an upstream without a decision of its own. */
export async function expectTotals(field: Battlefield, point: string): Promise<void> {
  const admitted = () =>
    field.decisions.filter((line) => line.point === point && line.outcome !== 'deny').length
  const { upstream } = field.stack
  await untilDecided(field, upstream.received.flatMap(idOf))
  expect(upstream.requests).toBeGreaterThan(0)
  expect(upstream.requests, 'received, at most as many as admitted').toBeLessThanOrEqual(admitted())
}
