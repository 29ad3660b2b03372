import { useLayoutEffect, useReducer } from 'preact/hooks'

/** A value that several parts of the console share. */
export type Shared<T> = {
  /** Setting it shows it wherever `useShared` reads it. */
  value: T
  readonly follow: (changed: () => void) => () => void
}

export function shared<T>(initial: T): Shared<T> {
  const followers = new Set<() => void>()
  let value = initial
  return {
    get value() {
      return value
    },
    set value(next) {
      if (Object.is(next, value)) return
      value = next
      for (const changed of [...followers]) changed()
    },
    follow: (changed) => {
      followers.add(changed)
      return () => followers.delete(changed)
    },
  }
}

/** Returns the value, and shows the component again when it changes. */
export function useShared<T>(of: Shared<T>): T {
  const [, showAgain] = useReducer((turn: number, _: undefined) => turn + 1, 0)
  const shown = of.value
  useLayoutEffect(() => {
    const stop = of.follow(() => showAgain(undefined))
    // It may have changed between the rendering and now.
    if (!Object.is(of.value, shown)) showAgain(undefined)
    return stop
  }, [of])
  return shown
}
