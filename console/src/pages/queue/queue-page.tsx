import { useEffect } from 'preact/hooks'
import { plural } from '../../lib/format.ts'
import { useResource } from '../../lib/resource.ts'
import { Empty } from '../../parts/empty.tsx'
import { ErrorPanel } from '../../parts/error-panel.tsx'
import { Page } from '../../parts/page.tsx'
import { Tag } from '../../parts/tag.tsx'
import type { Queue } from './queue.ts'
import { ServiceQueue } from './service-queue.tsx'

const everyMs = 2_000

/** Who runs, and who waits for whom? */
export function QueuePage() {
  const { value, failure, reload } = useResource<Queue>('/queue', true)
  usePolled(reload)
  const services = value?.services ?? []
  const waiting = services.reduce((sum, { waitingCount }) => sum + waitingCount, 0)
  return (
    <Page
      title="Queue"
      command="npm run queue"
      beside={
        value !== null && <Tag hasDot>{waiting === 0 ? 'nobody waits' : `${waiting} wait`}</Tag>
      }
    >
      <ErrorPanel failure={failure} onRetry={reload} />
      {value !== null && services.length === 0 && (
        <div class="card">
          <Empty title="No service has slots">
            A service with <code>slots</code> in gatekeeper.yaml answers that many requests at a
            time; the others wait here, each key for its fair share.
          </Empty>
        </div>
      )}
      {services.map((service) => (
        <ServiceQueue key={service.name} service={service} />
      ))}
      {services.length > 0 && (
        <p class="hint note">
          {plural(services.length, 'service')} with slots, read every two seconds. Who has used
          least of their share is next, so the order of those who wait can still change.
        </p>
      )}
    </Page>
  )
}

/** Reads again while somebody looks. */
function usePolled(reload: () => void): void {
  useEffect(() => {
    const timer = setInterval(() => {
      if (!document.hidden) reload()
    }, everyMs)
    return () => clearInterval(timer)
  }, [reload])
}
