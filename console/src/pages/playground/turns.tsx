import { withQuery } from '../../api.ts'
import { Tag } from '../../parts/tag.tsx'
import { type Turn, useText } from './playground.ts'

/** Questions and answers, each with what it took. */
export function Turns({ of, keyId }: { of: readonly Turn[]; keyId: string }) {
  return (
    <ol class="turns">
      {of.map((turn) => (
        <li key={turn.id}>
          <div class="asked">
            <span class="who">You</span>
            <p>{turn.asked}</p>
          </div>
          <div class="answered" aria-busy={turn.state === 'running'}>
            <span class="who">Model</span>
            <Answer turn={turn} keyId={keyId} />
          </div>
        </li>
      ))}
    </ol>
  )
}

function Answer({ turn, keyId }: { turn: Turn; keyId: string }) {
  const { answer, reasoning, state, fault, use } = turn
  return (
    <div>
      {reasoning !== '' && (
        <details class="hint">
          <summary>Thinking</summary>
          <p>{reasoning}</p>
        </details>
      )}
      {answer !== '' && <p>{answer}</p>}
      {state === 'running' && answer === '' && <p class="hint">Waiting for the first word</p>}
      {state === 'stopped' && <Tag>stopped</Tag>}
      {fault !== null && (
        <p>
          <Tag tone="bad" hasDot>
            refused
          </Tag>{' '}
          {fault}{' '}
          {use !== null && use.reason !== null && <Why requestId={use.requestId} keyId={keyId} />}
        </p>
      )}
      {use !== null && <p class="hint">{useText(use)}</p>}
    </div>
  )
}

function Why({ requestId, keyId }: { requestId: string; keyId: string }) {
  return <a href={withQuery('/explain', { request: requestId, key: keyId })}>Explain</a>
}
