import { reasonWords } from '../lib/reason-words.ts'
import { Tag } from './tag.tsx'

/** Why something was refused, in a few words; the stable name on hover. */
export function ReasonTag({ reason }: { reason: string }) {
  const { words, tone } = reasonWords(reason)
  return (
    <span title={reason}>
      <Tag tone={tone}>{words}</Tag>
    </span>
  )
}
