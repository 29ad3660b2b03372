import { useEffect, useRef, useState } from 'preact/hooks'
import { ApiFailure } from '../../api-failure.ts'
import { afterEvent, beginTurn, messagesOf, type Turn } from './playground.ts'
import { type ChatCall, streamChat } from './stream-chat.ts'

export type Chat = {
  readonly turns: readonly Turn[]
  readonly isRunning: boolean
  readonly ask: (call: Omit<ChatCall, 'messages'>, system: string, asked: string) => Promise<void>
  readonly stop: () => void
  readonly clear: () => void
}

/** A chat of several turns; leaving the page stops the one that runs. */
export function useChat(): Chat {
  const [turns, setTurns] = useState<readonly Turn[]>([])
  const running = useRef<AbortController | null>(null)
  useEffect(() => () => running.current?.abort(), [])
  const change = (id: number, next: (turn: Turn) => Turn) =>
    setTurns((all) => all.map((one) => (one.id === id ? next(one) : one)))
  const ask: Chat['ask'] = async (call, system, asked) => {
    if (running.current !== null) return
    const controller = new AbortController()
    running.current = controller
    const id = turns.length + 1
    setTurns([...turns, beginTurn(id, asked)])
    const messages = messagesOf(system, turns, asked)
    try {
      const onEvent = (event: object) => change(id, (turn) => afterEvent(turn, event))
      await streamChat({ ...call, messages }, onEvent, controller.signal)
      change(id, (turn) => (turn.state === 'running' ? { ...turn, state: 'done' } : turn))
    } catch (error) {
      const isStopped = controller.signal.aborted
      const fault = error instanceof ApiFailure ? error.detail : 'The answer broke off.'
      change(id, (turn) =>
        isStopped ? { ...turn, state: 'stopped' } : { ...turn, state: 'failed', fault },
      )
    } finally {
      running.current = null
    }
  }
  const isRunning = turns.some(({ state }) => state === 'running')
  return {
    ...{ turns, isRunning, ask },
    stop: () => running.current?.abort(),
    clear: () => setTurns([]),
  }
}
