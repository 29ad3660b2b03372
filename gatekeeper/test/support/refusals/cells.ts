/** Requests that are refused before, or while, their body arrives: by point, status and length. */
import { expect } from 'vitest'
import { makeKey } from '../keys.ts'
import { type Stack, startStack } from '../stack.ts'
import type { Seen } from './clients.ts'

/** One request; `expected` is the status of its refusal. */
export type Cell = {
  readonly name: string
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly bytes: number
  readonly expected: number
}

const good = makeKey({ services: ['ollama', 'tts'] })
const elsewhere = makeKey({ services: ['whisper'] })
const limited = makeKey({ services: ['ollama', 'tts'], limits: ['1/day'] })
const shortPrompts = makeKey({ services: ['ollama'], limits: ['1k-prompt-bytes'] })

const config = `version: 1
services:
  ollama: {kind: ollama, routes: [{prefix: /v1}, {prefix: /chat, strip: true, mode: check}]}
  tts: {kind: http, routes: [{prefix: /tts, strip: true}]}
`
const mebibyte = 1024 * 1024
/** All lengths of the matrix. */
export const lengths: readonly number[] = [0, 2, mebibyte, 40 * mebibyte]

type Row = {
  readonly path: string
  readonly key: string
  readonly status: number
  readonly type?: string
  /** Lengths with which this refusal is possible. */
  readonly bytesMin?: number
}

const rows: readonly Row[] = [
  { path: '/tts/v1/audio/speech', key: 'gk_bad', status: 401 },
  { path: '/tts/v1/audio/speech', key: elsewhere.key, status: 403 },
  { path: '/chat/api/nothing', key: good.key, status: 404 },
  { path: '/tts/v1/audio/speech', key: limited.key, status: 429 },
  { path: '/v1/chat/completions', key: 'gk_bad', status: 401 },
  { path: '/v1/chat/completions', key: elsewhere.key, status: 403 },
  { path: '/v1/nothing', key: good.key, status: 404 },
  { path: '/v1/chat/completions', key: shortPrompts.key, status: 413, bytesMin: mebibyte },
  { path: '/v1/chat/completions', key: good.key, status: 415, type: 'text/plain', bytesMin: 2 },
  { path: '/v1/chat/completions', key: limited.key, status: 429 },
]

/** The cells with bodies of these lengths. A check sees no body: it has no 413 and no 415. */
export function cellsOf(wanted: readonly number[]): Cell[] {
  return rows.flatMap(({ path, key, status, type = 'application/json', bytesMin = 0 }) =>
    wanted
      .filter((bytes) => bytes >= bytesMin)
      .map((bytes) => ({
        name: `${path} ${status} ${bytes}`,
        ...{ path, bytes, expected: status },
        headers: { authorization: `Bearer ${key}`, 'content-type': type },
      })),
  )
}

/** A stack in which every cell is refused as it expects. */
export async function startRefusing(): Promise<Stack> {
  const stack = await startStack({ keys: [good, elsewhere, limited, shortPrompts], config })
  for (const path of ['/v1/models', '/v1/chat/completions']) {
    const json = { model: 'demo', messages: [{ role: 'user', content: 'x' }] }
    await stack.send(
      path,
      path === '/v1/models' ? { key: limited.key } : { key: limited.key, json },
    )
  }
  return stack
}

/** A body of this length; from 100 bytes on a chat that the endpoints can read. */
export function fill(bytes: number): Buffer {
  if (bytes <= 100) return Buffer.from('{}'.slice(0, bytes))
  const middle = Buffer.alloc(bytes - fill.prefix.length - fill.suffix.length, 'x')
  return Buffer.concat([Buffer.from(fill.prefix), middle, Buffer.from(fill.suffix)])
}
fill.prefix = '{"model":"demo","messages":[{"role":"user","content":"'
fill.suffix = '"}]}'

/** The status every time, with a complete body: JSON to its end. */
export function expectWhole(
  results: readonly Seen[],
  cells: readonly Cell[],
  repeat: number,
): void {
  expect(results.map(({ name }) => name)).toEqual(cells.map(({ name }) => name))
  for (const [at, { name, seen }] of results.entries()) {
    const came = Object.entries(seen)
    const whole = came.filter(([text]) => isWhole(text, cells[at]?.expected ?? 0))
    const others = came
      .filter((entry) => !whole.includes(entry))
      .map(([text]) => text.slice(0, 300))
    const times = whole.reduce((sum, [, count]) => sum + count, 0)
    expect({ name, times, others }).toEqual({ name, times: repeat, others: [] })
  }
}

function isWhole(text: string, expected: number): boolean {
  const found = /^HTTP\/2(?:\.0)? (\d{3}) (\{.*\})\s*$/s.exec(text)
  try {
    return Number(found?.[1]) === expected && 'error' in JSON.parse(found?.[2] ?? '')
  } catch {
    return false
  }
}
