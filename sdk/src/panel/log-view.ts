import { make, makeButton } from './make.ts'

export type LogView = {
  readonly log: HTMLElement
  readonly add: (...articles: HTMLElement[]) => void
  /** Goes to the newest message if the reader has not scrolled away, or if `isAsked`. */
  readonly follow: (isAsked?: boolean) => void
  /** Shows one line at the end; with `retry` its button, which waits for the seconds. */
  readonly note: (text: string, retry?: () => void, seconds?: number | null) => void
  readonly clear: (welcome: string) => void
  readonly removeNotes: () => void
}

/** Creates the scrolling list of messages. */
export function createLogView(): LogView {
  const log = make('div', 'log')
  log.role = 'log'
  // One line of status says what a reader of the screen needs; not each piece of an answer.
  log.ariaLive = 'off'
  log.ariaLabel = 'Conversation'
  log.tabIndex = 0
  let isFollowing = true
  let timer = 0
  const down = makeButton(
    { className: 'down', text: 'Newest message', name: 'Go to the newest message' },
    () => follow(true),
  )
  const follow = (isAsked = false) => {
    isFollowing ||= isAsked
    if (isFollowing) log.scrollTop = log.scrollHeight
    else if (log.lastChild !== down) log.append(down)
  }
  // Whoever scrolled up reads: the list stays there until they go down again.
  log.onscroll = () => {
    isFollowing = log.scrollHeight - log.scrollTop - log.clientHeight < 40
    if (isFollowing) down.remove()
  }
  const removeNotes = () => {
    clearInterval(timer)
    for (const note of log.querySelectorAll('.note,.hello')) note.remove()
  }
  const note: LogView['note'] = (text, retry, seconds = 0) => {
    removeNotes()
    const line = make('div', 'note', make('span', '', text))
    if (retry) {
      const again = makeButton({ text: 'Retry', name: 'Send the message again' }, retry)
      line.append(again)
      timer = countDown(again, seconds ?? 0)
    }
    log.append(line)
    follow()
  }
  return {
    ...{ log, follow, note, removeNotes },
    add: (...articles) => {
      log.append(...articles)
      follow(true)
    },
    clear: (welcome) => {
      clearInterval(timer)
      log.replaceChildren(make('p', 'hello', welcome))
    },
  }
}

/** Disables a button for some seconds, and shows them. */
function countDown(button: HTMLButtonElement, seconds: number): number {
  let left = seconds
  const show = () => {
    button.disabled = left > 0
    button.textContent = left > 0 ? `Retry in ${left} s` : 'Retry'
    if (left-- <= 0) clearInterval(timer)
  }
  const timer = setInterval(show, 1_000) as unknown as number
  show()
  return timer
}
