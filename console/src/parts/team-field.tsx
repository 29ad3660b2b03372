import { teamNames } from '../session.ts'
import { SelectField } from './field.tsx'

type Props = {
  readonly value: string
  readonly onChange: (team: string) => void
  readonly error: string | null
}

/** Of which team something is; nothing where there are no teams, or the person is of one. */
export function TeamField({ value, onChange, error }: Props) {
  const names = teamNames()
  if (names.length === 0) return null
  return (
    <SelectField
      label="Team"
      value={value}
      onChange={onChange}
      of={[{ value: '', title: 'No team' }, ...names.map((name) => ({ value: name, title: name }))]}
      error={error}
    />
  )
}

type FilterProps = {
  readonly value: string | null
  readonly onChange: (team: string | null) => void
}

/** Narrows a list to a team. */
export function TeamFilter({ value, onChange }: FilterProps) {
  const names = teamNames()
  if (names.length === 0) return null
  return (
    <select
      aria-label="Only of the team"
      value={value ?? ''}
      onChange={(event) => onChange(event.currentTarget.value || null)}
    >
      <option value="">Any team</option>
      {names.map((name) => (
        <option key={name} value={name}>
          {name}
        </option>
      ))}
    </select>
  )
}

type OfTeam = { readonly team: string | null }

/** The column of the team, where there are teams. */
export function teamColumns<T extends OfTeam>() {
  if (teamNames().length === 0) return []
  const render = ({ team }: T) => team ?? <span class="hint">–</span>
  return [{ id: 'team', title: 'Team', look: 'fit', isMinor: true, render } as const]
}
