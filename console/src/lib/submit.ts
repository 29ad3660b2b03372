import { useCallback, useState } from 'preact/hooks'
import { ApiFailure, offlineFailure } from '../api-failure.ts'

/** An act that a person starts: busy while it runs, with its failure afterwards. */
export type Submit<Args extends unknown[]> = {
  readonly run: (...args: Args) => Promise<void>
  readonly isBusy: boolean
  readonly failure: ApiFailure | null
  readonly clear: () => void
}

/** Wraps an act; it never runs twice at the same time, and its failures are kept, not thrown. */
export function useSubmit<Args extends unknown[]>(
  act: (...args: Args) => Promise<void>,
): Submit<Args> {
  const [isBusy, setBusy] = useState(false)
  const [failure, setFailure] = useState<ApiFailure | null>(null)
  const run = async (...args: Args) => {
    if (isBusy) return
    setBusy(true)
    setFailure(null)
    try {
      await act(...args)
    } catch (error) {
      setFailure(error instanceof ApiFailure ? error : unexpected(error))
    } finally {
      setBusy(false)
    }
  }
  return { run, isBusy, failure, clear: useCallback(() => setFailure(null), []) }
}

function unexpected(error: unknown): ApiFailure {
  console.error(error)
  return offlineFailure()
}
