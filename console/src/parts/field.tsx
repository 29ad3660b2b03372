import type { ComponentChildren, InputHTMLAttributes } from 'preact'
import { useId } from 'preact/hooks'

/** What an input needs to belong to its label, help and error. */
export type FieldBinding = {
  readonly id: string
  readonly 'aria-describedby'?: string
  readonly 'aria-invalid'?: true
}

export type FieldProps = {
  readonly label: string
  readonly help?: ComponentChildren
  /** Null where it is valid. */
  readonly error?: string | null
  readonly isOptional?: boolean
  readonly children: (binding: FieldBinding) => ComponentChildren
}

/** A label above, help below, and the error at the field. */
export function Field({ label, help, error = null, isOptional = false, children }: FieldProps) {
  const id = useId()
  const described = [help !== undefined && `${id}-help`, error !== null && `${id}-error`]
  const describedBy = described.filter(Boolean).join(' ')
  return (
    <div class={error === null ? 'field' : 'field wrong'}>
      <label for={id}>
        {label} {isOptional && <span class="hint">optional</span>}
      </label>
      {children({
        id,
        ...(describedBy !== '' && { 'aria-describedby': describedBy }),
        ...(error !== null && { 'aria-invalid': true }),
      })}
      {error !== null && (
        <p class="error" id={`${id}-error`} role="alert">
          {error}
        </p>
      )}
      {help !== undefined && (
        <p class="help" id={`${id}-help`}>
          {help}
        </p>
      )}
    </div>
  )
}

type Common = Omit<FieldProps, 'children'>

export type TextFieldProps = Common & {
  readonly value: string
  readonly onInput: (value: string) => void
  readonly type?: 'text' | 'number' | 'password' | 'datetime-local' | 'date' | 'search' | 'email'
  readonly placeholder?: string
  readonly isRequired?: boolean
  readonly hasFocus?: boolean
  readonly isMono?: boolean
  /** Suggestions. */
  readonly options?: readonly string[]
  readonly input?: InputHTMLAttributes<HTMLInputElement>
}

/** One line of text. */
export function TextField(props: TextFieldProps) {
  const { options } = props
  const listId = useId()
  return (
    <Field label={props.label} {...fieldOf(props)}>
      {(binding) => (
        <>
          <input {...binding} {...inputOf(props)} list={options && listId} />
          {options !== undefined && (
            <datalist id={listId}>
              {options.map((option) => (
                <option key={option} value={option} />
              ))}
            </datalist>
          )}
        </>
      )}
    </Field>
  )
}

/** The types of Preact want to know the kind of input where it is written. */
function inputOf(props: TextFieldProps): object {
  return {
    type: props.type ?? 'text',
    value: props.value,
    placeholder: props.placeholder,
    required: props.isRequired,
    autofocus: props.hasFocus,
    class: props.isMono === true ? 'mono' : undefined,
    autocomplete: 'off',
    spellcheck: false,
    onInput: (event: Event) => props.onInput((event.currentTarget as HTMLInputElement).value),
    ...props.input,
  }
}

export type SelectFieldProps = Common & {
  readonly value: string
  readonly onChange: (value: string) => void
  readonly of: readonly { readonly value: string; readonly title: string }[]
}

/** One of several, in a list that opens. */
export function SelectField({ value, onChange, of, ...field }: SelectFieldProps) {
  return (
    <Field label={field.label} {...fieldOf(field)}>
      {(binding) => (
        <select
          {...binding}
          value={value}
          onChange={(event) => onChange(event.currentTarget.value)}
        >
          {of.map((option) => (
            <option key={option.value} value={option.value}>
              {option.title}
            </option>
          ))}
        </select>
      )}
    </Field>
  )
}

/** The members of a field without those of its input. */
function fieldOf({ help, error, isOptional }: Common): Omit<Common, 'label'> {
  return {
    ...(help !== undefined && { help }),
    ...(error !== undefined && { error }),
    ...(isOptional !== undefined && { isOptional }),
  }
}
