import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createApiKey } from '../../../src/api-keys/api-key.ts'
import { waitUntil } from '../../support/child.ts'
import type { DecisionLine } from '../../support/decisions.ts'
import { makeKey } from '../../support/keys.ts'
import { type AppGate, openAppGate } from './app-gate.ts'
import { type Ended, runProgram } from './run-program.ts'
import type { TerminalProgram } from './terminal-programs.ts'

/** How soon a program shows a refusal, counted from the refusal of the gatekeeper. */
const toldWithinMs = 5_000
// A busy machine takes half a minute to start some of them.
const programLimitMs = 160_000

const keys = {
  good: makeKey({ user: 'ada' }),
  /** Its one request is spent before the tests. */
  usedUp: makeKey({ user: 'una', limits: ['1/month'] }),
  /** Has all of its tokens, and fewer than any request costs. */
  short: makeKey({ user: 'sue', limits: ['3-tokens/month'] }),
}

const notValid = /is not valid/
const usedUp = /used up|are left/i

type Refusal = {
  readonly name: string
  readonly key: string
  readonly kind: 'wrongKey' | 'quota'
  /** The text that a program shows of it, unless it has a text of its own. */
  readonly shows: RegExp
}

const refusals: readonly Refusal[] = [
  { name: 'a wrong key', key: createApiKey().key, kind: 'wrongKey', shows: notValid },
  {
    ...{ name: 'a mistyped key', kind: 'wrongKey', shows: notValid },
    key: `${keys.good.key.slice(0, -1)}-`,
  },
  { name: 'a used-up quota', key: keys.usedUp.key, kind: 'quota', shows: usedUp },
  { name: 'too few tokens left', key: keys.short.key, kind: 'quota', shows: usedUp },
]

type Met = Ended & { readonly asked: readonly DecisionLine[]; readonly refused: DecisionLine[] }

/** For a `describe`: each program's first answer, and each refusal, as its user sees them. */
export function itServesPrograms(programs: readonly TerminalProgram[], hasOllama: boolean): void {
  let gate: AppGate
  beforeAll(async () => {
    gate = await openAppGate(hasOllama, { keys: Object.values(keys) })
    const json = { model: gate.model, messages: [{ role: 'user', content: 'x' }], stream: false }
    const { status, text } = await gate.stack.send('/api/chat', { key: keys.usedUp.key, json })
    expect(status, text).toBe(200)
    await settle()
  }, 180_000)
  afterAll(() => gate?.stop())

  const run = async ({ plan }: TerminalProgram, key: string, until?: RegExp): Promise<Met> => {
    const { stack, model, decisions } = gate
    const before = decisions.length
    const given = { url: stack.url, caFile: stack.caFile, key, model }
    const ended = await runProgram(await plan(given), {
      limitMs: programLimitMs,
      ...(until && { until }),
    })
    await settle()
    const asked = decisions.slice(before, -1)
    const refused = asked.filter(({ outcome }) => outcome === 'deny')
    return { ...ended, asked, refused }
  }

  /** Waits until all decisions so far are logged: one more request is logged last. */
  const settle = async () => {
    const { headers } = await gate.stack.send('/api/tags', { key: keys.good.key })
    const isLogged = () => gate.decisions.at(-1)?.requestId === headers['x-request-id']
    await waitUntil(isLogged, { limitMs: 20_000, describe: () => 'the decision is not logged' })
  }

  describe.each(programs)('$name', { timeout: programLimitMs + 20_000 }, (program) => {
    const itAnswers = hasOllama || program.needsOllama !== true ? it : it.skip

    itAnswers('its first question is answered', async () => {
      const met = await run(program, keys.good.key)
      note(program.name, 'first answer', met)
      // Codex' built-in provider tries a WebSocket first, and continues over HTTP.
      expect(
        met.refused.filter(({ status }) => status !== 426),
        met.text,
      ).toEqual([])
      expect(met.asked.map(({ status }) => status)).toContain(200)
      expect(met.code, met.text).toBe(0)
      expect(met.text).toMatch(/\S/)
    })

    it.each(
      refusals.map((refusal) => ({
        ...refusal,
        limitMs: program.withinMs?.[refusal.kind] ?? toldWithinMs,
      })),
    )('$name is reported within $limitMs ms', async ({ name, key, kind, shows, limitMs }) => {
      const text = (kind === 'quota' && program.quotaText) || shows
      const met = await run(program, key, text)
      note(program.name, name, met, text)
      const shownAt = met.shownAt(text)
      expect(shownAt, met.text).not.toBeNull()
      expect((shownAt ?? 0) - refusedAt(met)).toBeLessThan(limitMs)
      expect(met.refused.length).toBeLessThanOrEqual(program.refusedAsks[kind])
      expect(met.wasEnded, met.text).toBe(program.goesOn?.includes(kind) ?? false)
    })
  })
}

function refusedAt({ refused: [first] }: Met): number {
  return Date.parse(String(first?.['time']))
}

/** One line of figures for each run: this suite is also read for them. */
function note(program: string, what: string, met: Met, text?: RegExp): void {
  const since = (at: number | null) => (at === null ? 'never' : `${(at - refusedAt(met)) / 1000} s`)
  const told =
    text &&
    `told after ${since(met.shownAt(text))}, ended after ${since(met.endedAt)} (${met.code})`
  const asks = met.asked.map(({ method, path, status }) => `${method} ${path} ${status}`)
  const words = [`${asks.length} asks [${asks.join(', ')}]`, told, met.text.slice(0, 1500)]
  process.stdout.write(`APPS ${program}: ${what}: ${words.filter(Boolean).join('; ')}\n`)
}
