import type { ApiFailure } from '../../api-failure.ts'
import { messageAt } from '../../api-failure.ts'
import { SelectField, TextField } from '../../parts/field.tsx'
import type { AccessForm } from './person.ts'

type Props = {
  readonly form: AccessForm
  readonly onChange: (form: AccessForm) => void
  readonly failure: ApiFailure | null
}

const roles = [
  { value: 'readonly', title: 'Read only' },
  { value: 'readwrite', title: 'Read and use' },
  { value: 'admin', title: 'Read, use and manage' },
]

/** What a person may use: the bound of all their keys together. */
export function AccessFields({ form, onChange, failure }: Props) {
  const text = (name: 'services' | 'models' | 'limits') => ({
    value: form[name],
    onInput: (value: string) => onChange({ ...form, [name]: value }),
    error: messageAt(failure, `access.${name}`),
  })
  return (
    <>
      <TextField
        label="Services"
        {...text('services')}
        isOptional
        isMono
        placeholder="ollama, tts"
        help="What their keys may use; * is every one. Without a service they may use nothing."
      />
      <SelectField
        label="With these services"
        value={form.role}
        onChange={(role) => onChange({ ...form, role })}
        of={roles}
      />
      <TextField label="Models" {...text('models')} isOptional isMono placeholder="llama3*" />
      <TextField
        label="Limits of all their keys together"
        {...text('limits')}
        isOptional
        isMono
        placeholder="60/min, 5usd/month"
      />
    </>
  )
}
