import { type ComponentType, h } from 'preact'
import { useEffect, useState } from 'preact/hooks'

/** Returns a component whose code is fetched when it is first shown; until then nothing is there. */
export function later<P extends object>(load: () => Promise<ComponentType<P>>): ComponentType<P> {
  let loaded: ComponentType<P> | null = null
  return function Later(props: P) {
    const [, setReady] = useState(loaded !== null)
    const [isBroken, setBroken] = useState(false)
    useEffect(() => {
      let isGone = false
      if (loaded === null) {
        load().then(
          (component) => {
            loaded = component
            if (!isGone) setReady(true)
          },
          // A newer console, or no network: the next use tries again.
          () => setBroken(true),
        )
      }
      return () => {
        isGone = true
      }
    }, [])
    if (isBroken) return <p class="hint">This could not be loaded. Load the page again.</p>
    return loaded === null ? null : h(loaded, props)
  }
}
