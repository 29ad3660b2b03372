import { useEffect } from 'preact/hooks'
import { formatCount } from '../../lib/format.ts'
import { useResource } from '../../lib/resource.ts'
import { ErrorPanel } from '../../parts/error-panel.tsx'
import { Notice } from '../../parts/notice.tsx'
import { Tag } from '../../parts/tag.tsx'
import { Time } from '../../parts/time.tsx'
import { seesInstallation } from '../../session.ts'
import { sayChain, type Verification } from './audit.ts'

const lookAgainMs = 2_000

/** Whether the records are as they were written, and up to which one that is known. */
export function ChainState() {
  const { value, failure, reload } = useResource<Verification>(
    seesInstallation() ? '/audit/verify' : null,
    true,
  )
  useEffect(() => {
    if (value?.isRunning !== true) return
    const timer = setTimeout(reload, lookAgainMs)
    return () => clearTimeout(timer)
  }, [value, reload])
  if (failure !== null) return <ErrorPanel failure={failure} onRetry={reload} />
  if (value === null) return null
  if (value.isIntact === null) return <p class="hint">The records are being verified.</p>
  if (value.chains.length === 0) return null
  return value.isIntact ? <Intact of={value} /> : <Changed of={value} />
}

function Intact({ of }: { readonly of: Verification }) {
  const { chains, verifiedAt } = of
  const [first] = chains
  return (
    <details class="chains">
      <summary>
        <Tag tone="good" hasDot>
          unchanged
        </Tag>{' '}
        <span class="hint">
          {chains.length === 1 && first !== undefined
            ? `verified up to record ${formatCount(first.head.sequence)}`
            : `${chains.length} chains verified to their ends`}
          , <Time at={verifiedAt} />
        </span>
      </summary>
      <Chains of={chains} />
    </details>
  )
}

function Changed({ of }: { readonly of: Verification }) {
  return (
    <div class="chains-changed">
      <Notice tone="bad" word="Changed">
        Records were changed, removed or moved after they were written.
        <Chains of={of.chains} />
      </Notice>
    </div>
  )
}

function Chains({ of }: { readonly of: Verification['chains'] }) {
  return (
    <>
      <ul>
        {of.map((chain) => (
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
    </>
  )
}
