import { LimitBars } from '../../parts/limit-bar.tsx'
import type { Column } from '../../parts/table-column.ts'
import { Tag, Tags } from '../../parts/tag.tsx'
import { Time } from '../../parts/time.tsx'
import { type Key, shortId, stateOf } from './keys.ts'

/** What the list shows of each key. */
export const keyColumns: readonly Column<Key>[] = [
  {
    id: 'user',
    title: 'Key',
    sort: 'user',
    isName: true,
    render: (key) => (
      <>
        <a class="plain" href={`/keys/${key.id}`}>
          <b>{key.user}</b>
        </a>
        <span class="sub">{subOf(key)}</span>
        <span class="narrow">
          <State of={key} />
          {key.limits.length > 0 && <LimitBars of={key.limits} />}
        </span>
      </>
    ),
  },
  {
    id: 'id',
    title: 'Id',
    sort: 'id',
    look: 'fit',
    isMinor: true,
    render: ({ id }) => (
      <span class="mono hint" title={id}>
        {shortId(id)}
      </span>
    ),
  },
  { id: 'role', title: 'Role', sort: 'role', isMinor: true, render: ({ role }) => role },
  {
    id: 'services',
    title: 'Services',
    isMinor: true,
    render: ({ services, unknownServices }) => (
      <Tags most={2} of={[...services, ...unknownServices.map((name) => `${name}?`)]} />
    ),
  },
  {
    id: 'limits',
    title: 'Limits, used',
    isMinor: true,
    render: ({ limits }) => <LimitBars of={limits} />,
  },
  {
    id: 'lastUsedAt',
    title: 'Last used',
    sort: 'lastUsedAt',
    isDescendingFirst: true,
    look: 'fit',
    isMinor: true,
    render: ({ lastUsedAt }) => <Time at={lastUsedAt} />,
  },
  {
    id: 'expiresAt',
    title: 'Ends',
    sort: 'expiresAt',
    look: 'fit',
    isMinor: true,
    render: ({ expiresAt, noExpiryReason }) => (
      <span title={noExpiryReason ?? undefined}>
        <Time at={expiresAt} />
      </span>
    ),
  },
  { id: 'state', title: 'State', isMinor: true, render: (key) => <State of={key} /> },
]

/** One grey line: what it is for, or what is happening to it. */
function subOf({ description, rotation, tags }: Key) {
  if (rotation !== null) {
    return (
      <>
        old secret until <Time at={rotation.oldUntil} />
      </>
    )
  }
  return description ?? tags.join(', ')
}

export function State({ of }: { of: Key }) {
  const { word, tone } = stateOf(of)
  return (
    <Tag tone={tone} hasDot>
      {word}
    </Tag>
  )
}
