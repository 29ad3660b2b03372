import { useState } from 'preact/hooks'
import { Button } from '../../parts/button.tsx'
import { SelectField, TextField } from '../../parts/field.tsx'
import { KeyField } from '../../parts/key-field.tsx'
import { seesAll } from '../../session.ts'
import { type Asker, isComplete, methods, type Question } from './question.ts'

type Props = {
  readonly question: Question
  readonly isBusy: boolean
  readonly onAsk: (question: Question) => void
}

/** The request that is asked about. A new question from outside is a new form (`key`). */
export function QuestionForm({ question, isBusy, onAsk }: Props) {
  const [asked, setAsked] = useState(question)
  const [hasMore, setMore] = useState(question.endpoint !== '' || question.origin !== '')
  const set = (change: Partial<Question>) => setAsked({ ...asked, ...change })
  return (
    <form
      class="card pad-all"
      onSubmit={(event) => {
        event.preventDefault()
        if (isComplete(asked)) onAsk(asked)
      }}
    >
      <div class="form across asks">
        {seesAll() && <AskerField asked={asked} set={set} />}
        <WhoField asked={asked} set={set} />
        <SelectField
          label="Method"
          value={asked.method}
          onChange={(method) => set({ method })}
          of={methods.map((name) => ({ value: name, title: name }))}
        />
        <div class="wide">
          <TextField
            label="Path"
            isMono
            isRequired
            value={asked.path}
            placeholder="/ollama/api/chat"
            onInput={(path) => set({ path: path.trim() })}
            input={{ pattern: '/.*', title: 'A path begins with /' }}
          />
        </div>
        <TextField
          label="Model"
          isMono
          value={asked.model}
          placeholder="none"
          onInput={(model) => set({ model: model.trim() })}
        />
        <TextField
          label="From address"
          isMono
          value={asked.from}
          placeholder="127.0.0.1"
          onInput={(from) => set({ from: from.trim() })}
        />
        {hasMore && <MoreFields asked={asked} set={set} />}
        <div class="field go">
          <Button type="submit" look="main" isBusy={isBusy}>
            Explain
          </Button>
        </div>
      </div>
      {!hasMore && (
        <button type="button" class="link more-fields" onClick={() => setMore(true)}>
          Page’s origin, endpoint in the body
        </button>
      )}
    </form>
  )
}

type Part = { readonly asked: Question; readonly set: (change: Partial<Question>) => void }

const askerTitles: readonly { readonly value: Asker; readonly title: string }[] = [
  { value: 'key', title: 'a key' },
  { value: 'client', title: 'a client' },
  { value: 'nobody', title: 'no credential' },
]

function AskerField({ asked, set }: Part) {
  return (
    <SelectField
      label="Asked with"
      value={asked.asker}
      onChange={(asker) => set({ asker: asker as Asker, id: '' })}
      of={askerTitles}
    />
  )
}

function WhoField({ asked, set }: Part) {
  if (asked.asker === 'nobody') return null
  if (asked.asker === 'key') return <KeyField value={asked.id} onInput={(id) => set({ id })} />
  return (
    <TextField
      label="Client"
      isMono
      isRequired
      value={asked.id}
      onInput={(id) => set({ id: id.trim() })}
    />
  )
}

function MoreFields({ asked, set }: Part) {
  return (
    <>
      <TextField
        label="Origin of the page"
        isMono
        isOptional
        value={asked.origin}
        placeholder="https://app.example"
        onInput={(origin) => set({ origin: origin.trim() })}
      />
      <TextField
        label="Endpoint in the body"
        isMono
        isOptional
        value={asked.endpoint}
        placeholder="for /api/PROVIDER/proxy"
        onInput={(endpoint) => set({ endpoint: endpoint.trim() })}
      />
    </>
  )
}
