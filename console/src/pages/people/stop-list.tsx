import { plural } from '../../lib/format.ts'
import { useResource } from '../../lib/resource.ts'
import { ErrorPanel } from '../../parts/error-panel.tsx'
import type { Person } from './person.ts'

type Made = {
  readonly keys: readonly {
    readonly id: string
    readonly user: string | null
    readonly description: string | null
  }[]
  readonly clients: readonly { readonly id: string }[]
}

/** What stops within two seconds if the person is disabled or removed. */
export function StopList({ of }: { of: Person }) {
  const { value, failure, reload } = useResource<Made>(`/people/${of.id}/keys`)
  if (value === null) return <ErrorPanel failure={failure} onRetry={reload} />
  const { keys, clients } = value
  if (keys.length + clients.length === 0) return <p>Nothing that they made works now.</p>
  return (
    <>
      <p>
        {plural(keys.length, 'key')} and {plural(clients.length, 'client')} that they made stop
        within two seconds:
      </p>
      <ul>
        {keys.map(({ id, user, description }) => (
          <li key={id}>
            <code>gk_{id.slice(0, 4)}…</code> of {user ?? 'nobody'}
            {description !== null && `: ${description}`}
          </li>
        ))}
        {clients.map(({ id }) => (
          <li key={id}>
            client <code>{id}</code>
          </li>
        ))}
      </ul>
    </>
  )
}
