import type { ApiFailure } from '../api-failure.ts'
import { formatDuration } from '../lib/format.ts'
import { signInPath } from '../place.ts'
import { Button } from './button.tsx'
import { Notice } from './notice.tsx'

/** What happened, that nothing was lost, and what to do. Nothing where there is no failure. */
export function ErrorPanel(props: { failure: ApiFailure | null; onRetry?: () => void }) {
  const { failure, onRetry } = props
  if (failure === null || failure.reason === 'no_session') return null
  const { requestId } = failure.problem
  return (
    <Notice tone="bad" word={wordOf(failure)} go={<Remedy failure={failure} onRetry={onRetry} />}>
      {failure.detail} {adviceOn(failure)}
      {failure.problems.length > 0 && (
        <ul>
          {failure.problems.map(({ path, message }) => (
            <li key={path}>
              {path !== '' && <code>{path}</code>} {message}
            </li>
          ))}
        </ul>
      )}
      {requestId !== null && failure.status >= 500 && (
        <div class="hint">
          Request <code>{requestId}</code>
        </div>
      )}
    </Notice>
  )
}

function Remedy({ failure, onRetry }: { failure: ApiFailure; onRetry?: (() => void) | undefined }) {
  if (failure.reason === 'recent_sign_in_required') return <a href={signInPath()}>Sign in again</a>
  if (onRetry === undefined) return null
  return (
    <Button isSmall onClick={onRetry}>
      {failure.reason === 'changed' ? 'Read it again' : 'Try again'}
    </Button>
  )
}

const words: Readonly<Record<string, string>> = {
  offline: 'No answer',
  invalid: 'Not valid',
  role: 'Not allowed',
  not_found: 'Not found',
  exists: 'Already there',
  changed: 'Changed meanwhile',
  too_many: 'Too often',
  fields_too_large: 'Too long',
  step_up_required: 'Not confirmed',
  recent_sign_in_required: 'Sign in again',
}

function wordOf(failure: ApiFailure): string {
  return words[failure.reason] ?? (failure.status >= 500 ? 'Fault' : 'Refused')
}

function adviceOn({ reason, status, problem }: ApiFailure): string {
  if (reason === 'changed') return 'Somebody else changed it. Your input is still here.'
  if (reason === 'step_up_required') return 'Nothing was changed.'
  if (problem.retryAfterSeconds !== null) {
    return `Try again in ${formatDuration(problem.retryAfterSeconds * 1000)}.`
  }
  if (status >= 500) return 'Nothing was changed. The log of the gatekeeper says more.'
  return ''
}
