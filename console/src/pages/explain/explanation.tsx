import { Tag } from '../../parts/tag.tsx'
import { type Explained, type Place, placeText, type Step, stepsOf } from './explained.ts'

/** The verdict, then every step with its answer and the place of its rule. */
export function Explanation({ of }: { of: Explained }) {
  const isAllowed = of.verdict === 'allowed'
  return (
    <section class="card" aria-label="Explanation">
      <header class="verdict">
        <Tag tone={isAllowed ? 'good' : 'bad'} hasDot>
          {isAllowed ? 'allowed' : `refused, ${of.status ?? 'no status'}`}
        </Tag>
        <h2>{isAllowed ? allowedText(of) : (of.text ?? of.reason)}</h2>
        <div class="grow" />
        {isAllowed || of.places.length === 0 ? (
          <span class="hint">{isAllowed ? 'as of now' : 'no file has the rule'}</span>
        ) : (
          <span class="mono">
            <Places of={of.places.slice(0, 2)} />
          </span>
        )}
      </header>
      <ol class="explained">
        {stepsOf(of).map((step) => (
          <StepRow key={step.id} step={step} />
        ))}
      </ol>
      <p class="pad hint">
        {isAllowed && of.places.length > 0 ? (
          <>
            What allows it: <Places of={of.places} />
          </>
        ) : (
          'The first refusal counts; what comes after it is shown as well.'
        )}
      </p>
    </section>
  )
}

function allowedText({ caller, request }: Explained): string {
  const who = caller === null ? 'Anybody' : caller.user
  return `${who} may do this${request.service === null ? '' : ` at ${request.service}`}`
}

const marks = { pass: '✓', deny: '✕', skip: '–' } as const
const words = { pass: 'allows', deny: 'refuses', skip: 'not reached' } as const

function StepRow({ step }: { step: Step }) {
  const { title, result, why, reason, place } = step
  return (
    <li class={why === null && place === null ? `${result} short` : result}>
      <span class="mark" aria-hidden="true">
        {marks[result]}
      </span>
      <div>
        <span class="hidden">{words[result]}: </span>
        {title}
        {why !== null && (
          <span class="sub">
            {why} {reason !== null && <code>{reason}</code>}
          </span>
        )}
      </div>
      {place !== null && (
        <span class="place mono" title={place.member}>
          {placeText(place)}
        </span>
      )}
    </li>
  )
}

function Places({ of }: { of: readonly Place[] }) {
  return (
    <>
      {of.map((place, index) => (
        <span key={`${placeText(place)} ${place.member}`}>
          {index > 0 && ', '}
          <code title={place.member}>{placeText(place)}</code>
        </span>
      ))}
    </>
  )
}
