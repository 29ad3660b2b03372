/**
 * All callers of a soak. Each knows its correct answers; every other answer is
 * kept. A time-out of Caddy on a busy machine is counted and is not wrong.
 */
import { renameSync, writeFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { demoModel } from '../../../../scripts/demo/demo-model.ts'
import { keyFileText, makeKey, type TestKey } from '../../support/keys.ts'
import type { Stack } from '../../support/stack.ts'

export const ada = makeKey({ user: 'ada' })
export const limited = makeKey({ user: 'limited', limits: ['60/minute'] })
export const narrow = makeKey({ user: 'narrow', models: ['another'] })
const strangers = Array.from({ length: 20 }, () => makeKey())

export type Callers = {
  /** Stops all of them between two requests; resolves when no request is open. */
  readonly pause: () => Promise<void>
  readonly resume: () => void
  readonly stop: () => Promise<void>
  readonly counts: Record<string, number>
  /** The wrong answers, as text; the first hundred. */
  readonly wrong: string[]
}

const unserved = new Set([502, 503, 504])
const wrongMax = 100

export function startCallers(stack: Stack): Callers {
  let isPaused = false
  let isStopped = false
  let under = 0
  const counts: Record<string, number> = {}
  const wrong: string[] = []
  const judge = (name: string, status: number | null, wanted: readonly number[]) => {
    const isUnserved = status === null || unserved.has(status)
    const label = isUnserved ? 'unserved' : name
    counts[label] = (counts[label] ?? 0) + 1
    if (isUnserved || wanted.includes(status) || wrong.length >= wrongMax) return
    wrong.push(`${name}: ${status}`)
  }
  const goOn = async (turn: () => Promise<void>, pauseMs: number) => {
    while (!isStopped) {
      if (!isPaused) {
        under++
        await turn().finally(() => under--)
      }
      await sleep(pauseMs)
    }
  }
  const callers = turnsOf(stack, judge).map(({ turn, pauseMs }) => goOn(turn, pauseMs))
  return {
    counts,
    wrong,
    pause: async () => {
      isPaused = true
      while (under > 0) await sleep(20)
    },
    resume: () => {
      isPaused = false
    },
    stop: async () => {
      isStopped = true
      await Promise.all(callers)
    },
  }
}

type Judge = (name: string, status: number | null, wanted: readonly number[]) => void
type Turn = { readonly turn: () => Promise<void>; readonly pauseMs: number }

function turnsOf(stack: Stack, judge: Judge): Turn[] {
  const messages = [{ role: 'user', content: 'hello' }]
  const talk = { model: demoModel, messages }
  const large = { model: demoModel, messages: [{ role: 'user', content: 'x'.repeat(200_000) }] }
  const statusOf = async (path: string, options: Parameters<Stack['send']>[1]) =>
    (await stack.send(path, options).catch(() => null))?.status ?? null
  const once = (
    name: string,
    path: string,
    options: Parameters<Stack['send']>[1],
    wanted: number[],
  ) => ({
    turn: async () => judge(name, await statusOf(path, options), wanted),
    pauseMs: 40,
  })
  let at = 0
  const stranger = () => strangers[at++ % strangers.length]?.key ?? ''
  const whole = async () => {
    const answer = await stack.send('/api/chat', { key: ada.key, json: talk }).catch(() => null)
    const isWhole = answer?.status !== 200 || answer.text.includes('"done":true')
    judge('relay', isWhole ? (answer?.status ?? null) : 200.5, [200])
  }
  const bad = async (path: string) =>
    judge('bad key', await statusOf(path, { key: stranger() }), [401])
  return [
    once('check', '/chat/api/tags', { key: ada.key }, [200]),
    once('check', '/chat/api/tags', { key: ada.key }, [200]),
    { turn: whole, pauseMs: 20 },
    { turn: whole, pauseMs: 20 },
    once(
      'openai',
      '/v1/chat/completions',
      { key: ada.key, json: { ...talk, stream: true } },
      [200],
    ),
    once('large', '/api/chat', { key: ada.key, json: large }, [200]),
    once('limited', '/api/tags', { key: limited.key }, [200, 429]),
    once('model', '/api/chat', { key: narrow.key, json: talk }, [404]),
    once('no route', '/nothing/here', { key: ada.key }, [404]),
    once(
      'malformed',
      '/api/chat',
      {
        key: ada.key,
        headers: { 'content-type': 'application/json' },
        method: 'POST',
        body: '{"model":',
      },
      [400],
    ),
    { turn: () => bad('/api/tags'), pauseMs: 40 },
    { turn: () => bad('/chat/api/tags'), pauseMs: 40 },
    { turn: () => leaveEarly(stack, judge), pauseMs: 60 },
    { turn: reloads(stack, judge), pauseMs: 1_000 },
  ]
}

/** A caller that reads the first words of a stream and disconnects. */
async function leaveEarly(stack: Stack, judge: Judge): Promise<void> {
  const leaving = new AbortController()
  try {
    const { statusCode, body } = await stack.dispatcher.request({
      ...{ origin: stack.url, path: '/api/chat', method: 'POST', signal: leaving.signal },
      headers: { 'content-type': 'application/json', authorization: `Bearer ${ada.key}` },
      body: JSON.stringify({ model: demoModel, messages: [{ role: 'user', content: 'long' }] }),
    })
    judge('left', statusCode, [200])
    for await (const _ of body) {
      leaving.abort()
      break
    }
  } catch {
    // Its own disconnect.
  }
}

const reloadMsMax = 20_000

/** Keys that are added and removed: the new one has to pass, and the one before to be refused. */
function reloads(stack: Stack, judge: Judge): () => Promise<void> {
  let last: TestKey | null = null
  const becomes = async (key: TestKey, status: number) => {
    const endAt = performance.now() + reloadMsMax
    let seen: number | null = null
    while (seen !== status && performance.now() < endAt) {
      await sleep(100)
      seen = (await stack.send('/api/tags', { key: key.key }).catch(() => null))?.status ?? null
    }
    return seen
  }
  return async () => {
    const next = makeKey({ user: 'next' })
    writeFileSync(`${stack.keysFile}.next`, keyFileText([ada, limited, narrow, next]))
    renameSync(`${stack.keysFile}.next`, stack.keysFile)
    judge('reload', await becomes(next, 200), [200])
    if (last !== null) judge('revoked', await becomes(last, 401), [401])
    last = next
  }
}
