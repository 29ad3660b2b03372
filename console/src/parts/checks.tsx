import type { ComponentChildren } from 'preact'

type CheckProps = {
  readonly label: ComponentChildren
  readonly help?: ComponentChildren
  readonly isChecked: boolean
  readonly onChange: (isChecked: boolean) => void
  readonly isDisabled?: boolean
}

/** A yes or no. */
export function Check({ label, help, isChecked, onChange, isDisabled = false }: CheckProps) {
  return (
    <label class="check">
      <input
        type="checkbox"
        checked={isChecked}
        disabled={isDisabled}
        onChange={(event) => onChange(event.currentTarget.checked)}
      />
      <span>
        {label}
        {help !== undefined && <span class="help">{help}</span>}
      </span>
    </label>
  )
}

type ChecksProps = {
  readonly label: string
  readonly of: readonly string[]
  readonly chosen: readonly string[]
  readonly onChange: (chosen: readonly string[]) => void
  readonly help?: ComponentChildren
  readonly error?: string | null
}

/** Some of several. */
export function Checks({ label, of, chosen, onChange, help, error = null }: ChecksProps) {
  return (
    <fieldset class={error === null ? 'field checks' : 'field checks wrong'}>
      <legend>{label}</legend>
      <div>
        {of.map((name) => (
          <Check
            key={name}
            label={name}
            isChecked={chosen.includes(name)}
            onChange={(isChecked) =>
              onChange(isChecked ? [...chosen, name] : chosen.filter((other) => other !== name))
            }
          />
        ))}
      </div>
      {error !== null && (
        <p class="error" role="alert">
          {error}
        </p>
      )}
      {help !== undefined && <p class="help">{help}</p>}
    </fieldset>
  )
}
