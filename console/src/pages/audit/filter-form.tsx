import { useState } from 'preact/hooks'
import { Button } from '../../parts/button.tsx'
import { TextField } from '../../parts/field.tsx'
import { FormDialog } from '../../parts/form-dialog.tsx'
import { setQuery } from '../../place.ts'

type Props = { readonly filters: Readonly<Record<string, string>> }

type Row = { readonly name: string; readonly label: string; readonly placeholder?: string }

const rows: readonly Row[] = [
  { name: 'user', label: 'Person' },
  { name: 'key', label: 'Key or client', placeholder: 'id, or client:ID' },
  { name: 'event', label: 'Event', placeholder: 'key.added, or key for all' },
  { name: 'reason', label: 'Reason', placeholder: 'rate-limited' },
  { name: 'service', label: 'Service' },
  { name: 'address', label: 'Address', placeholder: '10.0.0.0/8' },
]
const request: Row = { name: 'request', label: 'Request id' }
const days: readonly Row[] = [
  { name: 'since', label: 'From' },
  { name: 'until', label: 'Before' },
]

/** Opens the form of filters. */
export function FilterButton(props: Props) {
  const [isOpen, setOpen] = useState(false)
  return (
    <>
      <Button isSmall onClick={() => setOpen(true)}>
        Filter…
      </Button>
      {isOpen && <FilterForm {...props} onClose={() => setOpen(false)} />}
    </>
  )
}

/** What records are chosen by; the address keeps it. */
function FilterForm({ filters, onClose }: Props & { readonly onClose: () => void }) {
  const [input, setInput] = useState<Readonly<Record<string, string>>>(filters)
  const bind = ({ name, ...row }: Row) => ({
    ...row,
    value: input[name]?.slice(0, 300) ?? '',
    onInput: (value: string) => setInput({ ...input, [name]: value.trim() }),
  })
  const apply = () => {
    const all = [...rows, ...days, request].map(({ name }) => [name, input[name] ?? null] as const)
    setQuery(Object.fromEntries(all))
    onClose()
  }
  return (
    <FormDialog
      title="Filter records"
      onClose={onClose}
      act="Show records"
      onSubmit={() => apply()}
      isAcross
    >
      {rows.map((row) => (
        <TextField key={row.name} {...bind(row)} />
      ))}
      {days.map((row) => (
        <TextField key={row.name} {...bind(row)} type="date" />
      ))}
      <TextField {...bind(request)} isMono />
    </FormDialog>
  )
}
