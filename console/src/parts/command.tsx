import { CopyButton } from './copy-button.tsx'

/** The line that does the same in a terminal. */
export function Command({ line }: { line: string }) {
  return (
    <p class="cmd">
      In a terminal: <code>{line}</code>
      <CopyButton text={line} label="Copy the command" title="copy" look="link" />
    </p>
  )
}
