import { absoluteTime, clockTime, relativeTime } from '../lib/format.ts'
import { now } from '../lib/now.ts'
import { useShared } from '../lib/shared.ts'

/** An instant as a person says it; the whole of it on hover and for machines. */
export function Time({ at, fallback = 'never' }: { at: string | null; fallback?: string }) {
  const time = useShared(now)
  const ms = at === null ? Number.NaN : Date.parse(at)
  if (at === null || Number.isNaN(ms)) return <span class="hint">{fallback}</span>
  return (
    <time dateTime={at} title={absoluteTime(ms)}>
      {relativeTime(ms, time)}
    </time>
  )
}

/** The time of day of something recent; older things have their date. */
export function ClockTime({ at }: { at: string }) {
  const time = useShared(now)
  const ms = Date.parse(at)
  if (Number.isNaN(ms)) return <span>{at}</span>
  const isRecent = Math.abs(time - ms) < 20 * 3_600_000
  return (
    <time dateTime={at} title={absoluteTime(ms)}>
      {isRecent ? clockTime(ms) : relativeTime(ms, time)}
    </time>
  )
}
