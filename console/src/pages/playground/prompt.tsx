import type { ComponentChildren } from 'preact'
import { useState } from 'preact/hooks'
import { Button } from '../../parts/button.tsx'

type Props = {
  readonly isReady: boolean
  readonly isRunning: boolean
  readonly onAsk: (text: string) => void
  readonly onStop: () => void
  readonly beside: ComponentChildren
}

/** What the person types. Enter sends; with Shift it begins a line. */
export function Prompt({ isReady, isRunning, onAsk, onStop, beside }: Props) {
  const [text, setText] = useState('')
  const canSend = isReady && !isRunning && text.trim() !== ''
  const send = () => {
    if (!canSend) return
    onAsk(text.trim())
    setText('')
  }
  return (
    <form
      class="prompt"
      onSubmit={(event) => {
        event.preventDefault()
        send()
      }}
    >
      <textarea
        aria-label="Message"
        rows={3}
        value={text}
        placeholder={isReady ? 'Ask something. Enter sends.' : 'Choose a key and a model first.'}
        onInput={(event) => setText(event.currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return
          event.preventDefault()
          send()
        }}
      />
      <div class="acts">
        {beside}
        <div class="grow" />
        {isRunning ? (
          <Button onClick={onStop}>Stop</Button>
        ) : (
          <Button type="submit" look="main" isDisabled={!canSend}>
            Send
          </Button>
        )}
      </div>
    </form>
  )
}
