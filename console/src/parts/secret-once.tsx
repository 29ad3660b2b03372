import type { ComponentChildren } from 'preact'
import { CodeBlock } from './code-block.tsx'
import { CopyButton } from './copy-button.tsx'
import { Tabs } from './tabs.tsx'

export type SecretOnceProps = {
  /** What it is: "key", "client secret", "link". */
  readonly what: string
  readonly secret: string
  /** Lines to paste, a tab for each client. */
  readonly lines?: readonly { readonly title: string; readonly text: string }[]
  readonly note?: ComponentChildren
}

/** A secret that is shown once. It lives in the page's memory alone, and goes with the dialog. */
export function SecretOnce({ what, secret, lines = [], note }: SecretOnceProps) {
  return (
    <>
      <div class="secret">
        <output class="mono" aria-label={`The ${what}`}>
          {secret}
        </output>
        <CopyButton text={secret} label={`Copy ${what}`} look="main" />
      </div>
      {lines.length > 0 && (
        <Tabs
          label="Lines to paste"
          of={lines.map(({ title, text }) => ({
            title,
            content: <CodeBlock text={text} label={`the lines for ${title}`} />,
          }))}
        />
      )}
      {note !== undefined && <p class="hint note">{note}</p>}
    </>
  )
}
