import { call, get, withQuery } from '../../api.ts'
import { plural } from '../../lib/format.ts'
import type { ListPage } from '../../lib/list.ts'
import { Confirm } from '../../parts/confirm.tsx'
import type { Key } from './keys.ts'

/** The most keys of one call. */
const most = 200

type Props = {
  /** Ids, or the query of a list of which every key is meant. */
  readonly of: readonly string[] | Readonly<Record<string, string | null>>
  readonly count: number
  readonly onDone: () => void
  readonly onClose: () => void
}

/** Asks, then disables many keys at once. */
export function BulkDisable({ of, count, onDone, onClose }: Props) {
  const keys = plural(count, 'key')
  return (
    <Confirm
      title={`Disable ${keys}?`}
      act={`Disable ${keys}`}
      onClose={onClose}
      onConfirm={async () => {
        if (isIds(of)) await disable(of)
        else await disableAll(of)
        onDone()
      }}
    >
      <p>
        {count === 1 ? 'It stops' : 'They stop'} working within two seconds. An owner or admin can
        enable {count === 1 ? 'it' : 'them'} again, with the same secret.
      </p>
    </Confirm>
  )
}

function isIds(of: Props['of']): of is readonly string[] {
  return Array.isArray(of)
}

async function disable(ids: readonly string[]): Promise<void> {
  for (let at = 0; at < ids.length; at += most) {
    await call('POST', '/keys/disable', { body: { ids: ids.slice(at, at + most) } })
  }
}

/** What is disabled leaves the list, so its first page is read until it is empty. */
async function disableAll(query: Readonly<Record<string, string | null>>): Promise<void> {
  for (;;) {
    const { items } = await get<ListPage<Key>>(withQuery('/keys', { ...query, limit: most }))
    if (items.length === 0) return
    await disable(items.map(({ id }) => id))
  }
}
