import { makeButton } from '../make.ts'

/** Creates a button that counts the seconds down before it can be used. */
export function createRetryButton(retry: () => void, seconds: number): HTMLButtonElement {
  const button = makeButton('', '', retry)
  const endAt = performance.now() + seconds * 1_000
  const show = () => {
    const left = Math.ceil((endAt - performance.now()) / 1_000)
    button.disabled = left > 0
    button.textContent = left > 0 ? `Retry in ${inWords(left)}` : 'Retry'
    if (left > 0) setTimeout(show, 500)
  }
  show()
  return button
}

const inWords = (seconds: number): string =>
  seconds < 100 ? `${seconds} s` : `${Math.ceil(seconds / 60)} min`
