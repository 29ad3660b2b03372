/** The events of a chat, as the API streams them. */
import { formatCount, formatDuration, formatMoney } from '../../lib/format.ts'

export type Use = {
  readonly requestId: string
  readonly reason: string | null
  readonly tokensIn: number
  readonly tokensOut: number
  readonly microUsd: string
  readonly durationMs: number
  readonly queueMs: number
  readonly firstByteMs: number | null
  readonly isEstimated: boolean
}

export type ChatEvent = {
  readonly delta?: string
  readonly reasoning?: string
  readonly error?: { readonly status: number; readonly text: string }
  readonly usage?: Use
}

export type Message = { readonly role: 'system' | 'user' | 'assistant'; readonly content: string }

/** One question with what came of it. */
export type Turn = {
  readonly id: number
  readonly asked: string
  readonly answer: string
  readonly reasoning: string
  readonly state: 'running' | 'done' | 'stopped' | 'failed'
  readonly fault: string | null
  readonly use: Use | null
}

export function beginTurn(id: number, asked: string): Turn {
  return { id, asked, answer: '', reasoning: '', state: 'running', fault: null, use: null }
}

/** Returns the turn after an event. */
export function afterEvent(turn: Turn, event: ChatEvent): Turn {
  const { delta = '', reasoning = '', error, usage } = event
  return {
    ...turn,
    answer: turn.answer + delta,
    reasoning: turn.reasoning + reasoning,
    ...(error !== undefined && { state: 'failed', fault: error.text }),
    ...(usage !== undefined && { use: usage }),
  }
}

/** What the model is sent: the answers so far count, the failed questions do not. */
export function messagesOf(system: string, turns: readonly Turn[], asked: string): Message[] {
  const said = turns.flatMap(({ asked: content, answer, state }): Message[] =>
    state === 'failed' || answer === ''
      ? []
      : [
          { role: 'user', content },
          { role: 'assistant', content: answer },
        ],
  )
  const first: Message[] = system.trim() === '' ? [] : [{ role: 'system', content: system }]
  return [...first, ...said, { role: 'user', content: asked }]
}

/** `12 in, 40 out, $ 0.0004, 1.2 s, waited 300 ms` */
export function useText(use: Use): string {
  const { tokensIn, tokensOut, microUsd, durationMs, queueMs, isEstimated } = use
  const about = isEstimated ? ', estimated' : ''
  const parts = [
    `${formatCount(tokensIn)} tokens in, ${formatCount(tokensOut)} out${about}`,
    formatMoney(microUsd),
    formatDuration(durationMs),
    ...(queueMs >= 50 ? [`waited ${formatDuration(queueMs)}`] : []),
  ]
  return parts.join(' · ')
}

export type CurlCall = {
  readonly baseUrl: string
  readonly path: string
  readonly model: string
  readonly messages: readonly Message[]
}

/** The same chat in a shell; the key is not known here and stays in the environment. */
export function curlText({ baseUrl, path, model, messages }: CurlCall): string {
  const body = JSON.stringify({ model, messages, stream: true })
  return [
    `curl -N ${baseUrl}${path} \\`,
    '  -H "Authorization: Bearer $GATEKEEPER_KEY" \\',
    "  -H 'Content-Type: application/json' \\",
    `  -d '${body.replaceAll("'", "'\\''")}'`,
  ].join('\n')
}
