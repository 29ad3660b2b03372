import { useCallback, useEffect, useRef, useState } from 'preact/hooks'
import { callTagged } from '../api.ts'
import { ApiFailure, offlineFailure } from '../api-failure.ts'

/** Something that is read from the API. While it is read again, the last value stays. */
export type Resource<T> = {
  readonly value: T | null
  readonly etag: string | null
  readonly failure: ApiFailure | null
  /** True only after 300 ms: what is quick shows no trace of loading. */
  readonly isSlow: boolean
  readonly reload: () => void
}

type State<T> = Pick<Resource<T>, 'value' | 'etag' | 'failure'> & { readonly path: string | null }

/** Reads a path; null reads nothing. Another path empties the value unless `keep` is set. */
export function useResource<T>(path: string | null, keep = false): Resource<T> {
  const [state, setState] = useState<State<T>>({ path, value: null, etag: null, failure: null })
  const [turn, setTurn] = useState(0)
  const [isSlow, setSlow] = useState(false)
  const kept = useRef(keep)
  const reload = useCallback(() => setTurn((n) => n + 1), [])
  useEffect(() => {
    if (path === null) return
    const controller = new AbortController()
    const timer = setTimeout(() => setSlow(true), 300)
    void read<T>(path, controller.signal).then((result) => {
      if (controller.signal.aborted) return
      clearTimeout(timer)
      setSlow(false)
      setState((before) => merge(before, path, result, kept.current))
    })
    return () => {
      controller.abort()
      clearTimeout(timer)
      setSlow(false)
    }
  }, [path, turn])
  const isStale = state.path !== path && !keep
  const shown = isStale ? { value: null, etag: null, failure: null } : state
  return { value: shown.value, etag: shown.etag, failure: shown.failure, isSlow, reload }
}

type Result<T> = { value: T; etag: string | null } | ApiFailure

async function read<T>(path: string, signal: AbortSignal): Promise<Result<T>> {
  try {
    return await callTagged<T>('GET', path, { signal })
  } catch (error) {
    return error instanceof ApiFailure ? error : offlineFailure()
  }
}

function merge<T>(before: State<T>, path: string, result: Result<T>, keep: boolean): State<T> {
  if (!(result instanceof ApiFailure)) return { path, ...result, failure: null }
  const isKept = keep || before.path === path
  return {
    path,
    value: isKept ? before.value : null,
    etag: isKept ? before.etag : null,
    failure: result,
  }
}
