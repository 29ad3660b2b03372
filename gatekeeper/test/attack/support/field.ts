/**
 * The system under attack: an Ollama and an application that count and report what they received,
 * both enforcement points in front of them, and the keys of the callers.
 */
import { type FaultyUpstream, startFaultyUpstream } from '../../../../scripts/demo/faults.ts'
import { waitUntil } from '../../support/child.ts'
import { type DecisionLine, watchDecisions } from '../../support/decisions.ts'
import { makeKey } from '../../support/keys.ts'
import { openTls } from '../../support/raw.ts'
import { type Stack, type StackOptions, startStack } from '../../support/stack.ts'
import { parseAnswers, type RawAnswer } from './answers.ts'

import { converse, type Patience } from './wire.ts'

/** The attacker's own key, with its own rights; `victim` is the identity that it wants. */
export const mallory = makeKey({ user: 'mallory' })
export const victim = makeKey({ user: 'victim' })
export const reader = makeKey({ user: 'reader', role: 'readonly' })
export const admin = makeKey({ user: 'root', role: 'admin' })

/** The two points in front of one and the same Ollama. */
export const points = [
  { point: 'relay', prefix: '/ollama' },
  { point: 'check', prefix: '/chat' },
] as const

const config = `version: 1
services:
  ollama:
    kind: ollama
    routes:
      - {prefix: /api}
      - {prefix: /v1}
      - {prefix: /ollama, strip: true}
      - {prefix: /chat, strip: true, mode: check}
  tts: {kind: http, routes: [{prefix: /tts, strip: true}]}
  image: {kind: http, webSockets: [/ws], routes: [{prefix: /image, strip: true, browser: basic}]}
`

/** The report of an upstream about a request that it received. */
export type Told = {
  readonly method: string
  readonly url: string
  readonly user: string
  readonly bodyBytes: number
}

export type Battlefield = {
  readonly stack: Stack
  readonly app: FaultyUpstream
  readonly decisions: readonly DecisionLine[]
  /** Requests that either upstream counted so far. */
  readonly counted: () => number
  /** One raw exchange on a connection of its own. */
  readonly attack: (bytes: string, options?: AttackOptions) => Promise<Attacked>
  /** A normal request of another caller, on a new connection, as the upstream reports it. */
  readonly askHonestly: (prefix: string, mark: string) => Promise<RawAnswer & { told: Told }>
  readonly stop: () => Promise<void>
}

/** `isHead`: no answer has content. */
type AttackOptions = Partial<Patience> & { readonly isHead?: boolean }

export type Attacked = {
  readonly answers: readonly RawAnswer[]
  readonly text: string
  readonly isClosed: boolean
}

export async function openBattlefield(options: StackOptions = {}): Promise<Battlefield> {
  const app = await startFaultyUpstream({ keepMax: 20_000 })
  const env = { TTS_URL: app.url, IMAGE_URL: app.url, ...options.env }
  const keys = [mallory, victim, reader, admin]
  const stack = await startStack({ keys, config, ...options, env })
  for (const upstream of [app, stack.upstream]) tellReceived(upstream)
  const decisions = watchDecisions(stack.gatekeeper)
  const attack = async (bytes: string, { isHead = false, ...patience }: AttackOptions = {}) => {
    const socket = await openTls(stack)
    const reply = await converse(socket, bytes, patience)
    socket.destroy()
    return { ...reply, answers: parseAnswers(reply.text, isHead) }
  }
  return {
    ...{ stack, app, decisions, attack },
    counted: () => stack.upstream.requests + app.requests,
    askHonestly: async (prefix, mark) => {
      const head = `GET ${prefix}/v1/models/${mark} HTTP/1.1\r\nHost: localhost\r\n`
      const fields = `Authorization: Bearer ${victim.key}\r\nConnection: close\r\n\r\n`
      const { answers, text } = await attack(head + fields, { quietMs: 3_000 })
      const [answer] = answers
      if (answers.length !== 1 || !answer)
        throw new Error(`not one answer to ${mark}: ${JSON.stringify(text)}`)
      return { ...answer, told: JSON.parse(answer.body) as Told }
    },
    stop: async () => {
      await stack.stop()
      await app.close()
    },
  }
}

function tellReceived(upstream: FaultyUpstream): void {
  upstream.behave({
    answer: (response, { method, url, headers, body }) => {
      const [user = ''] = headers['x-gatekeeper-user'] ?? []
      const told: Told = { method, url, user, bodyBytes: body.length }
      response.setHeader('Content-Type', 'application/json')
      response.end(JSON.stringify(told))
    },
  })
}

/** Waits until the line of every request that an upstream received is written. */
export async function untilDecided(field: Battlefield, ids: readonly string[]): Promise<void> {
  const known = () => new Set(field.decisions.map(({ requestId }) => requestId))
  await waitUntil(() => ids.every((id) => known().has(id)), {
    ...{ limitMs: 3_000, describe: () => `no decision for ${ids.join(' ')}` },
  })
}
