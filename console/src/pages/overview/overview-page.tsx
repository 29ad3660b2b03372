import { useCallback, useEffect, useState } from 'preact/hooks'
import { useEvents } from '../../events.ts'
import { later } from '../../lib/later.tsx'
import { useResource } from '../../lib/resource.ts'
import { ErrorPanel } from '../../parts/error-panel.tsx'
import { Page } from '../../parts/page.tsx'
import { seesAll } from '../../session.ts'
import {
  type Overview,
  type OverviewEvent,
  type Refusal,
  withEvent,
  withRefusal,
} from './overview.ts'
import { QueueCard } from './queue-card.tsx'
import { RefusalsCard } from './refusals-card.tsx'
import { RequestsCard } from './requests-card.tsx'
import { OverviewStats } from './stats.tsx'
import { TopUsersCard } from './top-users-card.tsx'

const OwnKeys = later(async () => (await import('./own-keys.tsx')).OwnKeys)

/** Is all well? */
export function OverviewPage() {
  const { overview, failure, reload } = useOverview()
  const isOperator = seesAll()
  return (
    <Page title="Overview" command="npm run usage -- --by user --since 24h">
      <ErrorPanel failure={failure} onRetry={reload} />
      {(overview !== null || failure === null) && <OverviewStats of={overview} />}
      {isOperator ? (
        <>
          <div class="grid g2">
            <RequestsCard overview={overview} />
            <QueueCard />
          </div>
          <div class="grid g2">
            <RefusalsCard refusals={overview?.refusals ?? null} />
            <TopUsersCard of={overview?.topUsers ?? null} />
          </div>
        </>
      ) : (
        <>
          <div class="grid g2">
            <RequestsCard overview={overview} />
            <OwnKeys />
          </div>
          <RefusalsCard refusals={overview?.refusals ?? null} />
        </>
      )}
    </Page>
  )
}

/** The overview as it was read, with what has happened since. */
function useOverview() {
  const { value, failure, reload } = useResource<Overview>('/overview', true)
  const [overview, setOverview] = useState<Overview | null>(value)
  useEffect(() => setOverview(value), [value])
  useEffect(() => readAgainNow(reload), [reload])
  useEvents<OverviewEvent>(
    'overview',
    useCallback((event) => setOverview((now) => now && withEvent(now, event)), []),
  )
  useEvents<Refusal>(
    'refusal',
    useCallback((refusal) => setOverview((now) => now && withRefusal(now, refusal)), []),
  )
  return { overview, failure, reload }
}

const readAgainMs = 60_000

/** The chart's last bucket grows, and a new day begins: read again each minute while it is seen. */
function readAgainNow(reload: () => void): () => void {
  const timer = setInterval(() => document.hidden || reload(), readAgainMs)
  return () => clearInterval(timer)
}
