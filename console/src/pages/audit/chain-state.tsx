import { useEffect } from 'preact/hooks'
import { useResource } from '../../lib/resource.ts'
import { ErrorPanel } from '../../parts/error-panel.tsx'
import { Notice } from '../../parts/notice.tsx'
import { Time } from '../../parts/time.tsx'
import { seesAll } from '../../session.ts'
import { sayChain, type Verification } from './audit.ts'

const lookAgainMs = 2_000

/** Whether the records are as they were written, and up to which one that is known. */
export function ChainState() {
  const { value, failure, reload } = useResource<Verification>(
    seesAll() ? '/audit/verify' : null,
    true,
  )
  useEffect(() => {
    if (value?.isRunning !== true) return
    const timer = setTimeout(reload, lookAgainMs)
    return () => clearTimeout(timer)
  }, [value, reload])
  if (failure !== null) return <ErrorPanel failure={failure} onRetry={reload} />
  if (value === null) return null
  const { isIntact, verifiedAt, chains } = value
  if (isIntact === null) return <Notice tone="info">The records are being verified.</Notice>
  if (chains.length === 0) return null
  return (
    <Notice
      tone={isIntact ? 'good' : 'bad'}
      word={isIntact ? 'Unchanged' : 'Changed'}
      go={
        <span class="hint">
          verified <Time at={verifiedAt} />
        </span>
      }
    >
      {isIntact
        ? 'Every record follows from the one before it.'
        : 'Records were changed, removed or moved after they were written.'}
      <details>
        <summary>{chains.length === 1 ? 'The chain' : `${chains.length} chains`}</summary>
        <ul>
          {chains.map((chain) => (
            <li key={chain.name}>
              {sayChain(chain)}
              {chain.notes.map((note) => (
                <span class="sub" key={note}>
                  {note}
                </span>
              ))}
            </li>
          ))}
        </ul>
        <p class="hint">
          Records that were cut off at the end show only beside heads that you keep elsewhere:{' '}
          <code>npm run audit -- verify --against FILE</code>
        </p>
      </details>
    </Notice>
  )
}
