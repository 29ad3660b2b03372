import { make, makeBox } from '../make.ts'
import { createTextView } from '../markdown/text-view.ts'

/** A question in the list, and its answer. */
export type Exchange = {
  readonly articles: readonly HTMLElement[]
  /** Shows the answer so far. It draws once a frame at most, however often it is called. */
  readonly show: (text: string) => void
  /** Draws at once: a page in the background has no frames. Returns the text as it is shown. */
  readonly finish: () => string
}

/** Creates an exchange that shows three dots until the first text of the answer. */
export function createExchange(question: string, onDrawn: () => void): Exchange {
  const asked = make('article', question)
  const answer = make('article', makeBox('typing', '•••'))
  const draw = createTextView(answer)
  let latest = ''
  let frame = 0
  const finish = () => {
    cancelAnimationFrame(frame)
    frame = 0
    draw(latest)
    onDrawn()
    return answer.innerText
  }
  asked.className = 'me'
  answer.className = 'it'
  asked.ariaLabel = 'You'
  answer.ariaLabel = 'Answer'
  asked.dir = answer.dir = 'auto'
  return {
    articles: [asked, answer],
    show: (text) => {
      latest = text
      frame ||= requestAnimationFrame(finish)
    },
    finish,
  }
}
