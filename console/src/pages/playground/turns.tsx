import { Tag } from '../../parts/tag.tsx'
import { type Turn, useText } from './playground.ts'

/** Questions and answers, each with what it took. */
export function Turns({
  of,
  explain,
}: {
  of: readonly Turn[]
  explain: (requestId: string) => string
}) {
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
            <Answer turn={turn} explain={explain} />
          </div>
        </li>
      ))}
    </ol>
  )
}

function Answer({ turn, explain }: { turn: Turn; explain: (requestId: string) => string }) {
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
          {use !== null && use.reason !== null && <a href={explain(use.requestId)}>Explain</a>}
        </p>
      )}
      {use !== null && <p class="hint">{useText(use)}</p>}
    </div>
  )
}
