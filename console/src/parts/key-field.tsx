import { useEffect, useId, useState } from 'preact/hooks'
import { withQuery } from '../api.ts'
import type { ListPage } from '../lib/list.ts'
import { useResource } from '../lib/resource.ts'
import { Field, type FieldProps } from './field.tsx'

/** What a person needs to recognise a key. */
export type FoundKey = {
  readonly id: string
  readonly user: string
  readonly role: string
  readonly description: string | null
  readonly state: string
}

type Props = Pick<FieldProps, 'error' | 'isOptional'> & {
  readonly value: string
  readonly onInput: (id: string) => void
  /** Called with the key of the value, or null where there is none. */
  readonly onFound?: (key: FoundKey | null) => void
}

const pauseMs = 200

/** A key by its id, found by whatever a person types of it: id, user, description. */
export function KeyField({ value, onInput, onFound, ...field }: Props) {
  const listId = useId()
  const asked = usePaused(value)
  const { value: page } = useResource<ListPage<FoundKey>>(
    withQuery('/keys', { q: asked, limit: 20 }),
    true,
  )
  const found = page?.items.find(({ id }) => id === value) ?? null
  useEffect(() => onFound?.(found), [found, onFound])
  return (
    <Field
      label="Key"
      help={found === null ? 'its id; type a name to find it' : describeKey(found)}
      {...field}
    >
      {(binding) => (
        <>
          <input
            {...binding}
            type="text"
            class="mono"
            value={value}
            list={listId}
            autocomplete="off"
            spellcheck={false}
            onInput={(event) => onInput(event.currentTarget.value.trim())}
          />
          <datalist id={listId}>
            {page?.items.map((key) => (
              <option key={key.id} value={key.id}>
                {describeKey(key)}
              </option>
            ))}
          </datalist>
        </>
      )}
    </Field>
  )
}

export function describeKey({ user, role, description, state }: FoundKey): string {
  const about = description === null || description === '' ? '' : `, ${description}`
  return `${user}, ${role}${about}${state === 'active' ? '' : `, ${state}`}`
}

/** The value once typing pauses. */
function usePaused(value: string): string {
  const [paused, setPaused] = useState(value)
  useEffect(() => {
    const timer = setTimeout(() => setPaused(value), pauseMs)
    return () => clearTimeout(timer)
  }, [value])
  return paused
}
