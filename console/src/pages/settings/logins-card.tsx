import { useResource } from '../../lib/resource.ts'
import { Card } from '../../parts/card.tsx'
import { CopyButton } from '../../parts/copy-button.tsx'
import { Empty } from '../../parts/empty.tsx'
import { ErrorPanel } from '../../parts/error-panel.tsx'
import { Table } from '../../parts/table.tsx'
import type { Column } from '../../parts/table-column.ts'
import { mayChange } from '../../session.ts'
import type { Provider, SigninView } from '../../signin/signin-view.ts'

const columns: readonly Column<Provider>[] = [
  { id: 'title', title: 'Provider', isName: true, look: 'fit', render: ({ title }) => title },
  {
    id: 'callback',
    title: 'Address to register there',
    render: ({ callback, title }) => (
      <>
        <code>{callback}</code>{' '}
        <CopyButton
          text={callback}
          label={`Copy the address for ${title}`}
          title="copy"
          look="link"
        />
      </>
    ),
  },
]

/** The providers that sign people in, for those who set them up. */
export function LoginsCard() {
  const { value, failure, reload } = useResource<SigninView>('/signin')
  if (!mayChange()) return null
  return (
    <Card title="Sign-in at a provider" isFlush>
      <ErrorPanel failure={failure} onRetry={reload} />
      <Table
        label="Login providers"
        columns={columns}
        rows={value?.providers ?? null}
        rowKey={({ name }) => name}
        empty={
          <Empty title="No provider is set up">
            GITHUB_CLIENT_ID, GOOGLE_CLIENT_ID or signin: in gatekeeper.yaml add one. An account
            there signs in whoever was invited, and never makes a person.
          </Empty>
        }
      />
    </Card>
  )
}
