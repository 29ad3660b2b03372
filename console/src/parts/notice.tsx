import type { ComponentChildren } from 'preact'
import { Tag, type Tone } from './tag.tsx'

export type NoticeProps = {
  readonly tone: Exclude<Tone, 'plain'> | 'info'
  /** The word in the tag. */
  readonly word?: string
  readonly children: ComponentChildren
  /** A link or button at the end. */
  readonly go?: ComponentChildren
}

/** Something that needs care, above what it is about. */
export function Notice({ tone, word, children, go }: NoticeProps) {
  return (
    <div class={`notice ${tone}`} role={tone === 'bad' ? 'alert' : 'status'}>
      {word !== undefined && (
        <Tag tone={tone === 'info' ? 'plain' : tone} hasDot>
          {word}
        </Tag>
      )}
      <div class="says">{children}</div>
      {go !== undefined && <div class="go">{go}</div>}
    </div>
  )
}
