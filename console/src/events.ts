/** What happens now, as the API's live stream tells it: who listens to which kind of event. */
import { useEffect } from 'preact/hooks'
import { shared } from './lib/shared.ts'

export type Liveness = 'connecting' | 'live' | 'off'

/** Whether the stream is open. */
export const liveness = shared<Liveness>('off')

type Listener = (data: never) => void
const listeners = new Map<string, Set<Listener>>()

/** Calls back for each event of a kind, while the component is shown. */
export function useEvents<T>(kind: string, listener: (data: T) => void): void {
  useEffect(() => onEvent(kind, listener), [kind, listener])
}

export function onEvent<T>(kind: string, listener: (data: T) => void): () => void {
  const of = listeners.get(kind) ?? new Set()
  listeners.set(kind, of)
  of.add(listener)
  return () => of.delete(listener)
}

/** Gives an event to its listeners. */
export function deliver(kind: string, data: unknown): void {
  for (const listener of listeners.get(kind) ?? []) listener(data as never)
}
