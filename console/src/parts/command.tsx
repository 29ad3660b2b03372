import { later } from '../lib/later.tsx'

const CopyButton = later(async () => (await import('./copy-button.tsx')).CopyButton)

/** The line that does the same in a terminal. */
export function Command({ line }: { line: string }) {
  return (
    <p class="cmd">
      In a terminal: <code>{line}</code>
      <CopyButton text={line} label="Copy the command" title="copy" look="link" />
    </p>
  )
}
