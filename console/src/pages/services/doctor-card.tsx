import { useState } from 'preact/hooks'
import type { Resource } from '../../lib/resource.ts'
import { Card } from '../../parts/card.tsx'
import { ErrorPanel } from '../../parts/error-panel.tsx'
import { Segments } from '../../parts/segments.tsx'
import { Tag } from '../../parts/tag.tsx'
import { Time } from '../../parts/time.tsx'
import {
  controlText,
  type Doctor,
  type Finding,
  type Shown,
  shownOf,
  stateWord,
} from './services.ts'

/** What the doctor finds, each with its cure. */
export function DoctorCard({ doctor }: { doctor: Resource<Doctor> }) {
  const { value, failure, reload } = doctor
  const [shown, setShown] = useState<Shown>('all')
  if (value === null) return <ErrorPanel failure={failure} onRetry={reload} />
  const { counts, items, onlyByCommand, at } = value
  const found = shownOf(items, shown).filter(({ state }) => state !== 'ok')
  const well = items.filter(({ state }) => state === 'ok').map(({ name }) => name)
  return (
    <Card
      title="Doctor"
      isFlush
      end={
        <Segments
          label="Findings"
          value={shown}
          onChange={setShown}
          of={[
            { value: 'all', title: 'All', count: items.length - counts.ok },
            { value: 'bad', title: 'Wrong', count: counts.bad },
            { value: 'warn', title: 'Needs care', count: counts.warn },
          ]}
        />
      }
    >
      <ErrorPanel failure={failure} onRetry={reload} />
      <ul class="findings">
        {found.map((finding, index) => (
          <FindingRow key={`${finding.name} ${index}`} finding={finding} />
        ))}
        {shown === 'all' && well.length > 0 && <Well names={well} />}
        {shown !== 'all' && found.length === 0 && (
          <li class="none hint">Nothing of this kind was found.</li>
        )}
      </ul>
      <p class="pad hint">
        Examined <Time at={at} />. Only <code>npm run doctor</code> examines{' '}
        {onlyByCommand.join(', ')}.
      </p>
    </Card>
  )
}

function Well({ names }: { names: readonly string[] }) {
  const { tone, text } = stateWord('ok')
  return (
    <li>
      <span class="state">
        <Tag tone={tone} hasDot>
          {text}
        </Tag>
      </span>
      <div>Nothing found in {names.join(', ')}.</div>
    </li>
  )
}

function FindingRow({ finding }: { finding: Finding }) {
  const { name, state, source, line, what, remedy, control } = finding
  const { tone, text } = stateWord(state)
  return (
    <li>
      <span class="state">
        <Tag tone={tone} hasDot>
          {text}
        </Tag>
      </span>
      <div>
        {source !== null && (
          <code class="source">
            {source}
            {line !== null && `:${line}`}
          </code>
        )}{' '}
        {what}
        {remedy !== null && <span class="sub">{remedy}</span>}
      </div>
      <div class="about hint">
        {name}
        {control !== null && (
          <span class="sub" title={controlText(control)}>
            {control.name}
          </span>
        )}
      </div>
    </li>
  )
}
