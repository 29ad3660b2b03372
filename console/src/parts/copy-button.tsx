import { useEffect, useRef, useState } from 'preact/hooks'

type Props = {
  readonly text: string
  /** What is copied: "Copy key". */
  readonly label: string
  readonly look?: 'main' | 'link'
  readonly title?: string
}

/** Copies a text and says so, also to readers of the screen. */
export function CopyButton({ text, label, look, title = 'Copy' }: Props) {
  const [state, setState] = useState<'idle' | 'copied' | 'failed'>('idle')
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined)
  useEffect(() => () => clearTimeout(timer.current), [])
  const copy = async () => {
    clearTimeout(timer.current)
    setState((await isCopied(text)) ? 'copied' : 'failed')
    timer.current = setTimeout(() => setState('idle'), 2500)
  }
  const shown = { idle: title, copied: 'Copied', failed: 'Select and copy' }[state]
  return (
    <button
      type="button"
      class={look === 'link' ? 'link' : look === 'main' ? 'btn main s' : 'btn s'}
      aria-label={state === 'idle' ? label : undefined}
      onClick={() => void copy()}
    >
      <span aria-live="polite">{shown}</span>
    </button>
  )
}

async function isCopied(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text)
    return true
  } catch {
    return false
  }
}
