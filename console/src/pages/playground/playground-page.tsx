import { useEffect, useState } from 'preact/hooks'
import { withQuery } from '../../api.ts'
import { useResource } from '../../lib/resource.ts'
import { useShared } from '../../lib/shared.ts'
import { Button } from '../../parts/button.tsx'
import { CopyButton } from '../../parts/copy-button.tsx'
import { Empty } from '../../parts/empty.tsx'
import { ErrorPanel } from '../../parts/error-panel.tsx'
import { type FoundKey, KeyField } from '../../parts/key-field.tsx'
import { Notice } from '../../parts/notice.tsx'
import { Page } from '../../parts/page.tsx'
import { place, setQuery } from '../../place.ts'
import { session } from '../../session.ts'
import { type Chosen, ModelField, type Models, MoreFields } from './model-field.tsx'
import { curlText, messagesOf } from './playground.ts'
import { Prompt } from './prompt.tsx'
import { Turns } from './turns.tsx'
import { useChat } from './use-chat.ts'

const nothing: Chosen = { model: '', service: '' }
const noMore = { system: '', maxTokens: '', temperature: '' }

/** Does this key work with this model? */
export function PlaygroundPage() {
  const keyId = useShared(place).query.get('key') ?? ''
  const [typed, setTyped] = useState(keyId)
  const [key, setKey] = useState<FoundKey | null>(null)
  const [chosen, setChosen] = useState(nothing)
  const [more, setMore] = useState(noMore)
  const [hasMore, setHasMore] = useState(false)
  const chat = useChat()
  const modelsPath = key === null ? null : withQuery('/playground/models', { key: key.id })
  const { value: models, failure, reload } = useResource<Models>(modelsPath)
  useEffect(() => {
    const { model, service } = models?.items[0] ?? nothing
    setChosen({ model, service })
  }, [models])
  const onKey = (id: string) => {
    setTyped(id)
    setQuery({ key: id === '' ? null : id }, 'replace')
  }
  const ask = (asked: string) => {
    if (key !== null)
      void chat.ask({ key: key.id, ...chosen, ...numbersOf(more) }, more.system, asked)
  }
  const path = models?.items.find(isSame(chosen))?.path ?? '/v1/chat/completions'
  const explain = (request: string) =>
    withQuery('/explain', { request, key: keyId, method: 'POST', path, model: chosen.model })
  const messages = messagesOf(more.system, chat.turns, 'Hello')
  return (
    <Page
      title="Playground"
      acts={chat.turns.length > 0 && <Button onClick={chat.clear}>New chat</Button>}
      command={commandLine(key, chosen)}
    >
      <div class="card pad-all">
        <div class="form across">
          <KeyField value={typed} onInput={onKey} onFound={setKey} />
          <ModelField models={models} chosen={chosen} onChange={setChosen} />
          {hasMore && <MoreFields {...more} set={(change) => setMore({ ...more, ...change })} />}
        </div>
        {!hasMore && (
          <button type="button" class="link more-fields" onClick={() => setHasMore(true)}>
            System prompt, most tokens, temperature
          </button>
        )}
      </div>
      <div class="below">
        <ErrorPanel failure={failure} onRetry={reload} />
        <Faults models={models} />
        <section class="card chat" aria-label="Chat">
          {chat.turns.length === 0 ? (
            <Empty title="Try a model with the rights of a key">
              The key is charged, its limits count, and that you asked is on record. Its secret is
              not needed.
            </Empty>
          ) : (
            <Turns of={chat.turns} explain={explain} />
          )}
          <Prompt
            isReady={key !== null && chosen.model !== ''}
            isRunning={chat.isRunning}
            onAsk={ask}
            onStop={chat.stop}
            beside={
              chosen.model !== '' && (
                <CopyButton
                  text={curlText({
                    baseUrl: session.value?.site.baseUrl ?? '',
                    ...{ path, model: chosen.model, messages },
                  })}
                  label="Copy as curl"
                  title="Copy as curl"
                />
              )
            }
          />
        </section>
      </div>
    </Page>
  )
}

/** A token of the key for this model, to chat with in a terminal. */
function commandLine(key: FoundKey | null, { model }: Chosen): string {
  const narrowed = model === '' ? '' : ` --model ${model}`
  return `npm run -s keys -- token ${key?.id ?? 'ID'} --expires 60s${narrowed}`
}

const isSame = (chosen: Chosen) => (one: Chosen) =>
  one.model === chosen.model && one.service === chosen.service

/** A service that the key has, whose models it cannot list. */
function Faults({ models }: { models: Models | null }) {
  if (models === null) return null
  const { faults, items } = models
  if (faults.length === 0 && items.length > 0) return null
  return (
    <Notice tone={items.length === 0 ? 'warn' : 'info'} word="No models">
      {faults.length === 0 && 'This key may use no model in a chat. '}
      {faults.map(({ service, text }) => (
        <div key={service}>
          <b>{service}</b>: {text}
        </div>
      ))}
    </Notice>
  )
}

function numbersOf({ maxTokens, temperature }: typeof noMore) {
  return {
    ...(maxTokens !== '' && { maxTokens: Number(maxTokens) }),
    ...(temperature !== '' && { temperature: Number(temperature) }),
  }
}
