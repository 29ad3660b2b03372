import { makeButton } from '../make.ts'

/** Creates a button that copies a text and says whether it could. */
export function createCopyButton(text: string): HTMLButtonElement {
  const say = (word: string) => {
    button.textContent = word
  }
  const button = makeButton('', 'Copy', async () => {
    try {
      await navigator.clipboard.writeText(text)
      say('Copied')
    } catch {
      // Browsers allow it on https pages only, and in some frames never.
      say('Cannot copy here')
    }
    setTimeout(say, 2_000, 'Copy')
  })
  return button
}
