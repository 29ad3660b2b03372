import type { ListPage } from '../../lib/list.ts'
import { useResource } from '../../lib/resource.ts'
import { Card } from '../../parts/card.tsx'
import { ErrorPanel } from '../../parts/error-panel.tsx'
import { type Limit, LimitBars } from '../../parts/limit-bar.tsx'
import { Time } from '../../parts/time.tsx'

type Key = {
  readonly id: string
  readonly description: string | null
  readonly state: string
  readonly lastUsedAt: string | null
  readonly limits: readonly Limit[]
}

/** A member's own keys, with what is used of their limits. */
export function OwnKeys() {
  const { value, failure, reload } = useResource<ListPage<Key>>('/keys?limit=5')
  return (
    <Card title="Your keys" end={<a href="/keys">All keys</a>}>
      <ErrorPanel failure={failure} onRetry={reload} />
      {value?.items.length === 0 && (
        <p class="hint">
          You have no key yet. <a href="/keys">Make your first key</a>
        </p>
      )}
      <div class="rows" aria-busy={value === null && failure === null}>
        {value?.items.map((key) => (
          <div key={key.id}>
            <span>
              {key.description ?? <span class="mono">gk_{key.id.slice(0, 4)}…</span>}
              <span class="sub">
                {key.state}, used <Time at={key.lastUsedAt} />
              </span>
            </span>
            <LimitBars of={key.limits} />
          </div>
        ))}
      </div>
    </Card>
  )
}
