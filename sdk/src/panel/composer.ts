import { make } from '../make.ts'

export type Composer = {
  readonly form: HTMLFormElement
  readonly input: HTMLTextAreaElement
  /** Makes the button send or stop. */
  readonly setRunning: (isRunning: boolean) => void
}

/** Creates the field and its button. */
export function createComposer(send: (text: string) => void, stop: () => void): Composer {
  const input = make('textarea')
  const button = make('button')
  const form = make('form', input, button)
  let act = stop
  const setRunning = (isRunning: boolean) => {
    act = isRunning ? stop : () => send(input.value)
    button.ariaLabel = isRunning ? 'Stop the answer' : 'Send'
    button.textContent = isRunning ? '■' : '↑'
  }
  button.className = 'send'
  input.rows = 1
  input.onkeydown = (event) => {
    // With an input method, Enter takes a word and sends nothing.
    if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return
    event.preventDefault()
    // While an answer arrives, this does nothing.
    send(input.value)
  }
  form.onsubmit = (event) => {
    event.preventDefault()
    act()
  }
  setRunning(false)
  return { form, input, setRunning }
}
