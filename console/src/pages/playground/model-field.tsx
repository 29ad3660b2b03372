import { SelectField, TextField } from '../../parts/field.tsx'

export type Models = {
  readonly items: readonly (Chosen & {
    /** Where clients send the chat: `/ollama/v1/chat/completions`. */
    readonly path: string
  })[]
  readonly faults: readonly { readonly service: string; readonly text: string }[]
}

/** A model and the service that has it. */
export type Chosen = { readonly model: string; readonly service: string }

type Props = {
  readonly models: Models | null
  readonly chosen: Chosen
  readonly onChange: (chosen: Chosen) => void
}

/** The models that the key may use. Where a service lists none, its name is typed. */
export function ModelField({ models, chosen, onChange }: Props) {
  if (models === null || models.items.length === 0) {
    return (
      <SelectField
        label="Model"
        value=""
        onChange={() => {}}
        of={[{ value: '', title: models === null ? 'choose a key first' : 'no model' }]}
      />
    )
  }
  const services = new Set(models.items.map(({ service }) => service))
  return (
    <SelectField
      label="Model"
      value={keyOf(chosen)}
      onChange={(value) => onChange(chosenOf(value))}
      of={models.items.map((one) => ({
        value: keyOf(one),
        title: services.size > 1 ? `${one.model} (${one.service})` : one.model,
      }))}
    />
  )
}

/** A name of a service has no space. */
const keyOf = ({ model, service }: Chosen) => `${service} ${model}`

function chosenOf(value: string): Chosen {
  const at = value.indexOf(' ')
  return { service: value.slice(0, at), model: value.slice(at + 1) }
}

type MoreProps = {
  readonly system: string
  readonly maxTokens: string
  readonly temperature: string
  readonly set: (change: Partial<Pick<MoreProps, 'system' | 'maxTokens' | 'temperature'>>) => void
}

/** What most chats do not need. */
export function MoreFields({ system, maxTokens, temperature, set }: MoreProps) {
  return (
    <>
      <TextField
        label="System prompt"
        isOptional
        value={system}
        onInput={(text) => set({ system: text })}
      />
      <TextField
        label="Most tokens"
        isOptional
        type="number"
        value={maxTokens}
        onInput={(text) => set({ maxTokens: text })}
        input={{ min: 1, max: 1_000_000, step: 1 }}
      />
      <TextField
        label="Temperature"
        isOptional
        type="number"
        value={temperature}
        onInput={(text) => set({ temperature: text })}
        input={{ min: 0, max: 2, step: 0.1 }}
      />
    </>
  )
}
