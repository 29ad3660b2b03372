import { make, makeButton } from './make.ts'
import { createTextView } from './markdown.ts'

export type AnswerView = {
  readonly article: HTMLElement
  /** Shows the text so far; draws once a frame at most, however often it is called. */
  readonly show: (text: string) => void
  /** Draws the whole text, with buttons that copy its code. */
  readonly finish: (text: string) => void
}

/** Creates an answer that is typing until its first text. */
export function createAnswerView(onDrawn: () => void): AnswerView {
  const text = make('div', '', make('span', 'typing', make('i'), make('i'), make('i')))
  const article = make('article', 'it', text)
  article.ariaLabel = 'Answer'
  let draw: ((text: string) => void) | null = null
  let [latest, frame] = ['', 0]
  const drawNow = () => {
    frame = 0
    if (!draw) text.replaceChildren()
    draw ??= createTextView(text)
    draw(latest)
    onDrawn()
  }
  return {
    article,
    show: (next) => {
      latest = next
      frame ||= requestAnimationFrame(drawNow)
    },
    finish: (whole) => {
      cancelAnimationFrame(frame)
      latest = whole
      drawNow()
      for (const pre of text.querySelectorAll('pre')) addCopying(pre)
    },
  }
}

function addCopying(pre: HTMLPreElement): void {
  const copy = makeButton({ className: 'copy', text: 'Copy', name: 'Copy the code' }, () => {
    navigator.clipboard.writeText(pre.textContent ?? '').then(
      () => copy.replaceChildren('Copied'),
      () => copy.replaceChildren('Not allowed here'),
    )
  })
  const frame = make('div', 'code')
  pre.replaceWith(frame)
  frame.append(pre, copy)
}
