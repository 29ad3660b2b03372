import { useState } from 'preact/hooks'
import { type ApiFailure, messageAt } from '../../api-failure.ts'
import { Checks } from '../../parts/checks.tsx'
import { SelectField, TextField } from '../../parts/field.tsx'
import { TeamField } from '../../parts/team-field.tsx'
import { seesAll } from '../../session.ts'
import type { KeyForm } from './key-form.ts'
import type { Choices } from './keys.ts'

type Props = {
  readonly form: KeyForm
  readonly onChange: (form: KeyForm) => void
  readonly choices: Choices
  readonly failure: ApiFailure | null
  /** A key that exists keeps the end that it has. */
  readonly isNew: boolean
}

const roleTitles: Readonly<Record<string, string>> = {
  readonly: 'Read only: lists and states',
  readwrite: 'Read and use',
  admin: 'Read, use and manage',
}

type Texts = 'user' | 'description' | 'models' | 'limits' | 'addresses' | 'origins' | 'tags'

/** What a key is for, what it may do, and until when. */
export function KeyFields(props: Props) {
  const { form, onChange, choices, failure, isNew } = props
  const [hasMore, setMore] = useState(hasMoreIn(form))
  const text = (name: Texts) => ({
    value: form[name],
    onInput: (value: string) => onChange({ ...form, [name]: value }),
    error: messageAt(failure, name),
  })
  const names = [
    ...choices.services.filter(({ isUsable }) => isUsable || !isNew).map(({ name }) => name),
    ...form.services.filter((name) => !choices.services.some((one) => one.name === name)),
  ]
  return (
    <>
      <div class="form across">
        {seesAll() && (
          <TextField
            label="For"
            {...text('user')}
            isRequired
            hasFocus={isNew}
            placeholder="ada, kitchen-display"
          />
        )}
        <TextField
          label="Description"
          {...text('description')}
          isOptional
          placeholder="laptop in the office"
        />
      </div>
      <TeamField
        value={form.team}
        onChange={(team) => onChange({ ...form, team })}
        error={messageAt(failure, 'team')}
      />
      <Checks
        label="Services"
        of={names}
        chosen={form.services}
        onChange={(services) => onChange({ ...form, services })}
        error={messageAt(failure, 'services')}
        {...(isNew && choices.services.some(isOutOfReach) && { help: reachHelp })}
      />
      <div class="form across">
        <SelectField
          label="Role"
          value={form.role}
          onChange={(role) => onChange({ ...form, role })}
          of={rolesOf(choices, form).map((value) => {
            return { value, title: roleTitles[value] ?? value }
          })}
          error={messageAt(failure, 'role')}
        />
        <TextField
          label="Models"
          {...text('models')}
          isOptional
          isMono
          placeholder="llama3.2, qwen*"
        />
      </div>
      <TextField
        label="Limits"
        {...text('limits')}
        isOptional
        isMono
        placeholder="60/min, 200k-tokens/day"
        help="Requests, tokens, dollars, or at once: 100/hour, 2m-tokens/month, 5usd/month, 2-concurrent"
      />
      <EndFields {...props} />
      {hasMore ? (
        <div class="form across">
          <TextField
            label="Addresses"
            {...text('addresses')}
            isOptional
            isMono
            placeholder="192.168.1.0/24"
          />
          <TextField
            label="Web origins"
            {...text('origins')}
            isOptional
            isMono
            placeholder="https://app.example"
          />
          <TextField
            label="Tags"
            {...text('tags')}
            isOptional
            isMono
            placeholder="env=prod, laptop"
          />
        </div>
      ) : (
        <button type="button" class="link hint" onClick={() => setMore(true)}>
          Addresses, web origins, tags
        </button>
      )}
    </>
  )
}

const isOutOfReach = ({ isUsable, name }: Choices['services'][number]) =>
  !isUsable && name !== 'control'
const reachHelp = 'These you may use yourself: a key can do no more than the person who makes it.'

const hasMoreIn = ({ addresses, origins, tags }: KeyForm) =>
  addresses !== '' || origins !== '' || tags !== ''

function rolesOf({ roles }: Choices, { role }: KeyForm): readonly string[] {
  return roles.includes(role) ? roles : [...roles, role]
}

const ends = [
  { value: '30', title: 'in 30 days' },
  { value: '90', title: 'in 90 days' },
  { value: '365', title: 'in a year' },
  { value: 'date', title: 'on a date' },
  { value: 'none', title: 'never' },
]

function EndFields({ form, onChange, failure, isNew }: Props) {
  return (
    <div class="form across">
      <SelectField
        label="Ends"
        value={form.end}
        onChange={(end) => onChange({ ...form, end })}
        of={isNew ? ends : [{ value: 'keep', title: 'as it does now' }, ...ends]}
        error={form.end === 'date' || form.end === 'none' ? null : messageAt(failure, 'expiresAt')}
      />
      {form.end === 'date' && (
        <TextField
          label="Last day"
          type="date"
          isRequired
          value={form.endDate}
          onInput={(endDate) => onChange({ ...form, endDate })}
          error={messageAt(failure, 'expiresAt')}
        />
      )}
      {form.end === 'none' && (
        <TextField
          label="Why it never ends"
          isRequired
          value={form.reason}
          placeholder="a wall display that nobody looks after"
          onInput={(reason) => onChange({ ...form, reason })}
          error={messageAt(failure, 'noExpiryReason') ?? messageAt(failure, 'expiresAt')}
        />
      )}
    </div>
  )
}
