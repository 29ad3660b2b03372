import { useEffect, useState } from 'preact/hooks'
import type { List } from '../../lib/list.ts'
import { useResource } from '../../lib/resource.ts'
import { TeamFilter } from '../../parts/team-field.tsx'
import { seesAll } from '../../session.ts'
import type { Choices, Key } from './keys.ts'

/** Narrows the list to a service, a user, a tag. */
export function KeysFilters({ list }: { list: List<Key> }) {
  const choices = useResource<Choices>('/key-choices')
  const services = choices.value?.services.map(({ name }) => name) ?? []
  const service = list.filter('service') ?? ''
  const known = service === '' || services.includes(service) ? services : [...services, service]
  return (
    <div class="filters">
      <select
        aria-label="Only with the service"
        value={service}
        onChange={(event) => list.setFilter('service', event.currentTarget.value || null)}
      >
        <option value="">Any service</option>
        {known.map((name) => (
          <option key={name} value={name}>
            {name}
          </option>
        ))}
      </select>
      {seesAll() && <TextFilter list={list} name="user" label="Only of the user" hint="Any user" />}
      <TeamFilter value={list.filter('team')} onChange={(team) => list.setFilter('team', team)} />
      <TextFilter list={list} name="tag" label="Only with the tag" hint="Any tag" />
    </div>
  )
}

type Props = {
  readonly list: List<Key>
  readonly name: 'user' | 'tag'
  readonly label: string
  readonly hint: string
}

/** Takes effect with Enter or when it is left: a name that is half typed matches nothing. */
function TextFilter({ list, name, label, hint }: Props) {
  const given = list.filter(name) ?? ''
  const [text, setText] = useState(given)
  useEffect(() => setText(given), [given])
  return (
    <input
      type="text"
      aria-label={label}
      placeholder={hint}
      value={text}
      autocomplete="off"
      spellcheck={false}
      onInput={(event) => setText(event.currentTarget.value)}
      onChange={() => text.trim() !== given && list.setFilter(name, text.trim() || null)}
    />
  )
}
