import { useCallback, useState } from 'preact/hooks'
import { useEvents } from '../../events.ts'
import { type List, useList } from '../../lib/list.ts'
import { useSubmit } from '../../lib/submit.ts'
import { Button } from '../../parts/button.tsx'
import { Empty } from '../../parts/empty.tsx'
import { ErrorPanel } from '../../parts/error-panel.tsx'
import { ListTable } from '../../parts/list-table.tsx'
import { Page } from '../../parts/page.tsx'
import { Segments } from '../../parts/segments.tsx'
import { teamColumns } from '../../parts/team-field.tsx'
import { seesAll } from '../../session.ts'
import { BulkDisable } from './bulk-disable.tsx'
import { exportKeys } from './export-csv.ts'
import { keyColumns } from './key-columns.tsx'
import { type KeyAct, KeyDialog, keyMenu } from './key-dialogs.tsx'
import { type Key, keyFilters, keyName, mayChangeKey } from './keys.ts'
import { KeysFilters } from './keys-filters.tsx'
import { NewKeyDialog } from './new-key-dialog.tsx'

type Open =
  | { readonly dialog: 'new' }
  | { readonly dialog: 'selected' }
  | { readonly dialog: 'unused' }
  | { readonly dialog: KeyAct; readonly key: Key }

/** Who may do what? */
export function KeysPage() {
  const list = useList<Key>('/keys', { filters: keyFilters, sort: 'user' })
  const [open, setOpen] = useState<Open | null>(null)
  const [selected, setSelected] = useState<ReadonlySet<string>>(new Set())
  const { reload } = list
  useEvents<{ thing: string }>(
    'changed',
    useCallback(({ thing }) => void (thing === 'keys' && reload()), [reload]),
  )
  const done = () => {
    setSelected(new Set())
    reload()
  }
  const mayChange = mayChangeKey()
  return (
    <Page
      title="Keys"
      acts={
        mayChange && (
          <Button look="main" onClick={() => setOpen({ dialog: 'new' })}>
            New key
          </Button>
        )
      }
      search={{ label: 'Search keys', value: list.q, onSearch: list.setSearch }}
      command={commandOf(list)}
    >
      <Bar list={list} selected={selected} onOpen={setOpen} />
      <ListTable
        list={list}
        label="Keys"
        filters={keyFilters}
        columns={[...keyColumns, ...teamColumns<Key>()]}
        rowKey={({ id }) => id}
        rowName={keyName}
        menu={(key) => keyMenu(key, (dialog) => setOpen({ dialog, key }))}
        {...(mayChange && { selected, onSelect: setSelected })}
        empty={<NoKeys onNew={mayChange ? () => setOpen({ dialog: 'new' }) : null} />}
        noMatch={<Empty title="No key matches">Another word, or all states.</Empty>}
      />
      <Dialogs
        open={open}
        list={list}
        selected={selected}
        onDone={done}
        onClose={() => setOpen(null)}
      />
    </Page>
  )
}

type BarProps = {
  readonly list: List<Key>
  readonly selected: ReadonlySet<string>
  readonly onOpen: (open: Open) => void
}

const segments = ['all', 'active', 'expiring', 'unused', 'disabled', 'expired'] as const
const titles = ['All', 'Active', 'Expiring', 'Unused', 'Disabled', 'Expired']

function Bar({ list, selected, onOpen }: BarProps) {
  const state = list.filter('state') ?? 'all'
  const counts = list.page?.counts ?? {}
  const unused = counts['unused'] ?? 0
  const exporting = useSubmit(async () => await exportKeys(queryOf(list)))
  return (
    <>
      <div class="bar-row">
        <Segments
          label="State"
          of={segments.map((value, at) => ({
            value,
            title: titles[at] ?? value,
            count: counts[value],
          }))}
          value={state}
          onChange={(value) => list.setFilter('state', value === 'all' ? null : value)}
        />
        <KeysFilters list={list} />
        <span class="grow" />
        {selected.size > 0 && (
          <Button isSmall onClick={() => onOpen({ dialog: 'selected' })}>
            Disable {selected.size} selected
          </Button>
        )}
        {state === 'unused' && unused > 0 && mayChangeKey() && selected.size === 0 && (
          <Button isSmall onClick={() => onOpen({ dialog: 'unused' })}>
            Disable all {unused} unused
          </Button>
        )}
        <Button isSmall isBusy={exporting.isBusy} onClick={() => void exporting.run()}>
          Export CSV
        </Button>
      </div>
      <ErrorPanel failure={exporting.failure} />
    </>
  )
}

/** What the list is narrowed to, for a call of its own. */
function queryOf(list: List<Key>): Readonly<Record<string, string | null>> {
  const filters = Object.fromEntries(keyFilters.map((name) => [name, list.filter(name)]))
  return { ...filters, q: list.q }
}

type DialogsProps = {
  readonly open: Open | null
  readonly list: List<Key>
  readonly selected: ReadonlySet<string>
  readonly onDone: () => void
  readonly onClose: () => void
}

function Dialogs({ open, list, selected, onDone, onClose }: DialogsProps) {
  if (open === null) return null
  if ('key' in open) {
    return <KeyDialog of={open.key} act={open.dialog} onDone={onDone} onClose={onClose} />
  }
  if (open.dialog === 'new') return <NewKeyDialog onMade={onDone} onClose={onClose} />
  const isSelected = open.dialog === 'selected'
  const count = isSelected ? selected.size : (list.page?.counts?.['unused'] ?? 0)
  return (
    <BulkDisable
      of={isSelected ? [...selected] : queryOf(list)}
      count={count}
      onDone={onDone}
      onClose={onClose}
    />
  )
}

function NoKeys({ onNew }: { onNew: (() => void) | null }) {
  return (
    <Empty
      title={seesAll() ? 'No keys yet' : 'You have no key yet'}
      act={
        onNew !== null && (
          <Button look="main" onClick={onNew}>
            Make the first key
          </Button>
        )
      }
    >
      A key opens services for a person or a program, within limits and until a day. Each one stands
      here with what it used.
    </Empty>
  )
}

function commandOf(list: List<Key>): string {
  const option = (name: string, value: string | null) => (value === null ? '' : ` ${name} ${value}`)
  const unused = list.filter('state') === 'unused' ? ' --unused 90d' : ''
  const narrowed = `${option('--user', list.filter('user'))}${option('--tag', list.filter('tag'))}${option('--team', list.filter('team'))}`
  return `npm run keys -- list${unused}${narrowed}`
}
