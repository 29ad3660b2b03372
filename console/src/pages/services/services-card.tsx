import type { Resource } from '../../lib/resource.ts'
import { Card } from '../../parts/card.tsx'
import { Empty } from '../../parts/empty.tsx'
import { ErrorPanel } from '../../parts/error-panel.tsx'
import { Table } from '../../parts/table.tsx'
import type { Column } from '../../parts/table-column.ts'
import { Tag } from '../../parts/tag.tsx'
import { Time } from '../../parts/time.tsx'
import { healthWord, routeText, type ServiceView } from './services.ts'

const columns: readonly Column<ServiceView>[] = [
  {
    id: 'name',
    title: 'Service',
    isName: true,
    render: ({ name, kind, aliases, behind }) => (
      <>
        <b>{name}</b>
        <span class="sub">
          {kind}
          {aliases.length > 0 && `, also ${aliases.join(', ')}`}
          {behind !== null && `, by ${behind}`}
        </span>
      </>
    ),
  },
  {
    id: 'routes',
    title: 'Routes',
    render: ({ routes, anonymous }) => (
      <>
        {routes.length === 0 && <span class="hint">none</span>}
        {routes.map((route) => (
          <div key={routeText(route)}>
            <span class="mono">{routeText(route)}</span> <span class="hint">{route.mode}</span>
          </div>
        ))}
        {anonymous && <span class="sub">answers without a key, where open</span>}
      </>
    ),
  },
  {
    id: 'address',
    title: 'Behind it',
    isMinor: true,
    render: ({ address }) =>
      address === null ? <span class="hint">no address</span> : <span class="mono">{address}</span>,
  },
  {
    id: 'limits',
    title: 'Limits',
    isMinor: true,
    render: ({ limits, slots }) => {
      const texts = [...limits, ...(slots === null ? [] : [`${slots} at a time`])]
      return texts.length === 0 ? <span class="hint">none</span> : texts.join(', ')
    },
  },
  {
    id: 'health',
    title: 'Now',
    look: 'fit',
    render: ({ health, checkedAt }) => {
      const { tone, text } = healthWord(health)
      return (
        <>
          <Tag tone={tone} hasDot>
            {text}
          </Tag>
          {checkedAt !== null && (
            <span class="sub">
              <Time at={checkedAt} />
            </span>
          )}
        </>
      )
    },
  },
]

export type Services = {
  readonly file: string
  readonly isRunning: boolean
  readonly items: readonly ServiceView[]
}

function sayWhence(services: Services | null): string {
  const { file = 'gatekeeper.yaml', isRunning = true } = services ?? {}
  return isRunning ? `in force; change them in ${file}` : `as ${file} says`
}

/** The services as gatekeeper.yaml configures them, and which of them answer. */
export function ServicesCard({ services }: { services: Resource<Services> }) {
  const { value, failure, reload, isSlow } = services
  return (
    <>
      <ErrorPanel failure={failure} onRetry={reload} />
      {(value !== null || failure === null) && (
        <Card title="Services" isFlush end={<span class="hint">{sayWhence(value)}</span>}>
          <Table
            label="Services"
            columns={columns}
            rows={value?.items ?? null}
            rowKey={({ name }) => name}
            isSlow={isSlow}
            empty={
              <Empty title="Nothing stands behind the gate yet">
                Name a service in gatekeeper.yaml; the guide shows one of each kind.
              </Empty>
            }
          />
        </Card>
      )}
    </>
  )
}
