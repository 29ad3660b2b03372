import { useState } from 'preact/hooks'
import { call, withQuery } from '../../api.ts'
import type { ListPage } from '../../lib/list.ts'
import { useResource } from '../../lib/resource.ts'
import { Card } from '../../parts/card.tsx'
import { Confirm } from '../../parts/confirm.tsx'
import { ErrorPanel } from '../../parts/error-panel.tsx'
import { Table } from '../../parts/table.tsx'
import type { Column } from '../../parts/table-column.ts'
import { Tag } from '../../parts/tag.tsx'
import { Time } from '../../parts/time.tsx'
import { mayChange } from '../../session.ts'

type SplitKey = {
  readonly id: string
  readonly owner: string
  readonly provider: string
  readonly description: string | null
  readonly isUsable: boolean
  readonly createdAt: string
}

/** Keys that users of apps brought along: they open only together with the user's part. */
export function SplitKeysCard() {
  const [cursor, setCursor] = useState<string | null>(null)
  const keys = useResource<ListPage<SplitKey>>(withQuery('/split-keys', { cursor }), true)
  const [removed, setRemoved] = useState<SplitKey | null>(null)
  if (keys.value?.total === 0) return null
  const next = keys.value?.next ?? null
  return (
    <Card
      title="Split keys of users of apps"
      isFlush
      end={<span class="hint">{keys.value?.total ?? ''} in all</span>}
    >
      <ErrorPanel failure={keys.failure} onRetry={keys.reload} />
      <Table
        label="Split keys"
        columns={columns}
        rows={keys.value?.items ?? null}
        rowKey={({ owner, id }) => `${owner} ${id}`}
        rowName={({ id }) => id}
        menu={(of) =>
          mayChange() ? [{ title: 'Remove', isDanger: true, onChoose: () => setRemoved(of) }] : []
        }
        isSlow={keys.isSlow}
        empty={null}
      />
      {(next !== null || cursor !== null) && (
        <div class="pages">
          <button type="button" class="link" onClick={() => setCursor(next)}>
            {next === null ? 'First page' : 'Next page'}
          </button>
        </div>
      )}
      {removed !== null && (
        <Confirm
          title={`Remove the split key of ${removed.owner}?`}
          act="Remove split key"
          onClose={() => setRemoved(null)}
          onConfirm={async () => {
            await call('DELETE', withQuery(`/split-keys/${removed.id}`, { owner: removed.owner }))
            keys.reload()
          }}
        >
          <p>
            Answers under way with it end. The part that the user has is good for nothing then, and
            this cannot be undone.
          </p>
        </Confirm>
      )}
    </Card>
  )
}

const columns: readonly Column<SplitKey>[] = [
  {
    id: 'owner',
    title: 'Owner',
    isName: true,
    render: ({ owner, id }) => (
      <>
        <b>{owner}</b>
        <span class="sub mono">{id}</span>
      </>
    ),
  },
  { id: 'provider', title: 'Provider', render: ({ provider }) => provider },
  {
    id: 'description',
    title: 'Description',
    isMinor: true,
    render: ({ description }) => description ?? '',
  },
  {
    id: 'createdAt',
    title: 'Made',
    look: 'fit',
    isMinor: true,
    render: ({ createdAt }) => <Time at={createdAt} />,
  },
  {
    id: 'state',
    title: 'State',
    render: ({ isUsable }) => (
      <Tag tone={isUsable ? 'good' : 'warn'} hasDot>
        {isUsable ? 'in use' : 'other address'}
      </Tag>
    ),
  },
]
