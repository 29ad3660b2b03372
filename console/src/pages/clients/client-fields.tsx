import { type ApiFailure, messageAt } from '../../api-failure.ts'
import { Check, Checks } from '../../parts/checks.tsx'
import { SelectField, TextField } from '../../parts/field.tsx'
import type { Choices } from '../keys/keys.ts'
import type { ClientForm } from './clients.ts'

/** Members of the body whose faults stand at a field. */
export const shownFields: readonly string[] = [
  ...['id', 'services', 'role', 'limits', 'scopes', 'app.dailyQuota', 'app.monthlyQuota'],
  ...['app.totalPerDay', 'app.origins', 'app.providers'],
]

type Props = {
  readonly form: ClientForm
  readonly onChange: (form: ClientForm) => void
  readonly choices: Choices
  readonly failure: ApiFailure | null
  readonly isNew: boolean
}

type Texts = {
  [Name in keyof ClientForm]: ClientForm[Name] extends string ? Name : never
}[keyof ClientForm]

function bind({ form, onChange, failure }: Props) {
  return (name: Texts, path: string = name) => ({
    value: form[name],
    onInput: (value: string) => onChange({ ...form, [name]: value }),
    error: messageAt(failure, path),
  })
}

/** What a client or an app is, and what it may do. */
export function ClientFields(props: Props) {
  const { form, onChange, isNew } = props
  const text = bind(props)
  return (
    <>
      {isNew && (
        <>
          <TextField
            label="Id"
            {...text('id')}
            isRequired
            isMono
            hasFocus
            placeholder="ci-runner"
            help="Letters, digits and . _ -; it is its user name at the token endpoint."
          />
          <Check
            label="An app"
            help="Its backend gets tokens for its own users, each with a quota."
            isChecked={form.isApp}
            onChange={(isApp) => onChange({ ...form, isApp })}
          />
        </>
      )}
      {form.isApp ? <AppFields {...props} /> : <GrantFields {...props} />}
      <TextField
        label={form.isApp ? 'Limits of all its users together' : 'Limits'}
        {...text('limits')}
        isOptional
        isMono
        placeholder="60/min, 5usd/month"
      />
    </>
  )
}

function GrantFields(props: Props) {
  const { form, onChange, choices, failure, isNew } = props
  const text = bind(props)
  const usable = choices.services.filter(({ isUsable }) => isUsable || !isNew)
  const names = [...new Set([...usable.map(({ name }) => name), ...form.services])]
  return (
    <>
      <Checks
        label="Services"
        of={names}
        chosen={form.services}
        onChange={(services) => onChange({ ...form, services })}
        error={messageAt(failure, 'services')}
      />
      <div class="form across">
        <SelectField
          label="Role"
          value={form.role}
          onChange={(role) => onChange({ ...form, role })}
          of={[...new Set([...choices.roles, form.role])].map((value) => ({ value, title: value }))}
          error={messageAt(failure, 'role')}
        />
        <TextField label="Scopes" {...text('scopes')} isOptional isMono placeholder="chat" />
      </div>
    </>
  )
}

function AppFields(props: Props) {
  const { form, onChange, isNew } = props
  const text = bind(props)
  return (
    <>
      {isNew && (
        <Check
          label="Public"
          help="It cannot hold a secret: anybody gets a token, so it needs a total."
          isChecked={form.isPublic}
          onChange={(isPublic) => onChange({ ...form, isPublic })}
        />
      )}
      <div class="form across">
        <TextField
          label="A day, each user"
          {...text('dailyQuota', 'app.dailyQuota')}
          placeholder="no quota"
        />
        <TextField
          label="A month, each user"
          {...text('monthlyQuota', 'app.monthlyQuota')}
          placeholder="no quota"
        />
        <TextField
          label="A day, all users"
          {...text('totalPerDay', 'app.totalPerDay')}
          placeholder="no quota"
          isRequired={form.isPublic}
        />
      </div>
      <div class="form across">
        <TextField
          label="Providers"
          {...text('providers', 'app.providers')}
          isOptional
          isMono
          placeholder="all that are configured"
        />
        <TextField
          label="Web origins"
          {...text('origins', 'app.origins')}
          isOptional
          isMono
          placeholder="https://app.example"
        />
      </div>
    </>
  )
}
