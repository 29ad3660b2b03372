import type { ChatError } from '../client/chat-error.ts'
import { make, makeBox, makeButton } from '../make.ts'
import { createRetryButton } from './retry-button.ts'

export type LogView = {
  readonly log: HTMLElement
  /** Adds messages in place of notes and the welcome. */
  readonly add: (articles: readonly HTMLElement[]) => void
  /** Goes to the newest message if the reader has not scrolled away, or if `isAsked`. */
  readonly follow: (isAsked?: boolean) => void
  /** Shows why a message failed, with a button if another try can help. */
  readonly showFailure: (error: ChatError, retry: () => void) => void
  readonly clear: (welcome: string) => void
}

/** These need another message, another page or another bill: the same message fails again. */
const finalStatuses = [400, 402, 403, 413]

/** Creates the scrolling list of messages. */
export function createLogView(): LogView {
  const log = makeBox('log')
  const follow = createFollowing(log)
  log.role = 'log'
  // Screen readers get one line of status, not every piece of an answer.
  log.ariaLive = 'off'
  log.ariaLabel = 'Conversation'
  log.tabIndex = 0
  return {
    log,
    follow,
    add: (articles) => {
      for (const note of log.querySelectorAll('.note,.hello')) note.remove()
      log.append(...articles)
      follow(true)
    },
    showFailure: ({ message, status, retryAfter }, retry) => {
      const note = makeBox('note', make('span', message))
      const again = () => {
        // The button goes away, and the keyboard's place must not go with it.
        log.focus()
        retry()
      }
      if (!finalStatuses.includes(status)) note.append(createRetryButton(again, retryAfter ?? 0))
      log.append(note)
      follow()
    },
    clear: (welcome) => log.replaceChildren(makeBox('hello', welcome)),
  }
}

/**
 * Returns a function that keeps the end of the list in view. It does not move the list under a
 * reader who scrolled up; then a button leads to the newest message.
 */
function createFollowing(log: HTMLElement): LogView['follow'] {
  let isFollowing = true
  let lastTop = 0
  const down = makeButton('down', 'Newest message', () => follow(true))
  /** Also before each move of ours: the reader may have begun to scroll since the last one. */
  const look = () => {
    const { scrollTop, clientHeight, scrollHeight } = log
    const isAtEnd = scrollTop + clientHeight > scrollHeight - 4
    isFollowing = isAtEnd || (isFollowing && scrollTop >= lastTop)
    lastTop = scrollTop
    if (isFollowing) down.remove()
  }
  const follow = (isAsked = false) => {
    look()
    isFollowing ||= isAsked
    if (isFollowing) {
      down.remove()
      log.scrollTop = log.scrollHeight
      lastTop = log.scrollTop
    } else if (log.lastChild !== down) log.append(down)
  }
  log.onscroll = look
  return follow
}
