import { useShared } from '../lib/shared.ts'
import { Notice } from '../parts/notice.tsx'
import { hasPlace } from '../places.ts'
import { degraded, session } from '../session.ts'

/** What does not work now, above everything, with the way to its cure. */
export function DegradedNotice() {
  const items = useShared(degraded)
  if (items.length === 0) return null
  const hasDoctor = hasPlace(useShared(session)?.person.role ?? 'member', '/services')
  return (
    <Notice
      tone="warn"
      word="Degraded"
      go={hasDoctor ? <a href="/services">Open in doctor →</a> : undefined}
    >
      {items.map(({ part, what, remedy }) => (
        <div key={`${part} ${what}`}>
          <b>{part}</b> {what} {remedy !== '' && <span class="hint">{remedy}</span>}
        </div>
      ))}
    </Notice>
  )
}
