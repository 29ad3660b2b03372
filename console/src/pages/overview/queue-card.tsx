import { useEffect, useRef } from 'preact/hooks'
import { formatDuration, plural } from '../../lib/format.ts'
import { now } from '../../lib/now.ts'
import { useResource } from '../../lib/resource.ts'
import { useShared } from '../../lib/shared.ts'
import { Card } from '../../parts/card.tsx'
import { ErrorPanel } from '../../parts/error-panel.tsx'
import { queueNow } from '../../session.ts'

type Queue = {
  readonly services: readonly {
    readonly name: string
    readonly slots: number
    readonly running: readonly Running[]
    readonly waiting: readonly Waiting[]
  }[]
}
type Running = { readonly user: string; readonly model: string | null; readonly sinceMs: number }
type Waiting = { readonly user: string; readonly position: number; readonly sinceMs: number }
type Service = Queue['services'][number]

const rowsMax = 6

/** What runs and who waits, for the services with slots. */
export function QueueCard() {
  const { value, failure, reload } = useResource<Queue>('/queue', true)
  useFollowed(reload)
  const busy = value?.services.filter(isBusy) ?? []
  return (
    <Card title="Queue" end={<a href="/queue">{slotsOf(value?.services ?? [])}</a>}>
      <ErrorPanel failure={failure} onRetry={reload} />
      {value !== null && busy.length === 0 && <p class="hint">Nothing runs and nobody waits.</p>}
      {busy.map((service) => (
        <Slots key={service.name} service={service} isNamed={busy.length > 1} />
      ))}
    </Card>
  )
}

/** Reads again where something began or ended, twice a second at most. */
function useFollowed(reload: () => void): void {
  const { running = 0, waiting = 0 } = useShared(queueNow) ?? {}
  const time = useShared(now)
  const isFirst = useRef(true)
  useEffect(() => {
    if (isFirst.current) {
      isFirst.current = false
      return
    }
    const timer = setTimeout(reload, 500)
    return () => clearTimeout(timer)
  }, [running, waiting, time, reload])
}

function isBusy({ running, waiting }: Service): boolean {
  return running.length + waiting.length > 0
}

function slotsOf(services: readonly Service[]): string {
  const limited = services.filter(({ slots }) => slots > 0)
  const [first] = limited
  if (first === undefined) return 'Open'
  const slots = limited.reduce((sum, one) => sum + one.slots, 0)
  return limited.length === 1
    ? `${first.name}, ${plural(slots, 'slot')}`
    : `${plural(limited.length, 'service')}, ${plural(slots, 'slot')}`
}

function Slots({ service, isNamed }: { service: Service; isNamed: boolean }) {
  const { name, running, waiting } = service
  const shown = waiting.slice(0, Math.max(0, rowsMax - running.length))
  const more = waiting.length - shown.length
  return (
    <>
      {isNamed && <div class="hint">{name}</div>}
      {running.map(({ user, model, sinceMs }, index) => (
        <div class="slot good" key={`${user} ${index}`}>
          <span class="dot" aria-hidden="true" />
          <div>
            <b>{user}</b> <span class="hint">{model ?? 'runs'}</span>
          </div>
          <span class="hint">{formatDuration(sinceMs)}</span>
        </div>
      ))}
      {shown.map(({ user, position, sinceMs }) => (
        <div class="slot" key={`${user} ${position}`}>
          <span class="dot" aria-hidden="true" />
          <div>
            {user}{' '}
            <span class="hint">
              {position <= 1 ? 'waits, next' : `waits behind ${position - 1}`}
            </span>
          </div>
          <span class="hint">{formatDuration(sinceMs)}</span>
        </div>
      ))}
      {more > 0 && <p class="hint">and {more} more waiting</p>}
    </>
  )
}
