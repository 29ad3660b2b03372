import { withQuery } from '../../api.ts'
import { ButtonLink } from '../../parts/button.tsx'
import { Tag } from '../../parts/tag.tsx'
import { ClockTime } from '../../parts/time.tsx'
import { type AuditRecord, sayActor, sayEvent } from './audit.ts'

type Props = {
  readonly records: readonly AuditRecord[]
  readonly names: ReadonlyMap<string, string>
}

/** Everything that is on record about one request, in the order of time. */
export function RecordDetails({ records, names }: Props) {
  const inOrder = [...records].reverse()
  return (
    <div class="pad">
      {inOrder.map((record) => (
        <section key={record.id} class="record">
          <h2>
            {sayEvent(record.event)}{' '}
            <Tag tone={record.success ? 'good' : 'bad'}>
              {record.success ? 'done' : 'refused or failed'}
            </Tag>
          </h2>
          <p class="hint">
            <ClockTime at={record.at} />, {sayActor(record.actor, names)}, record {record.id}
          </p>
          <dl class="facts">
            {Object.entries(record.details).map(([name, value]) => (
              <div key={name}>
                <dt>{name}</dt>
                <dd class="mono">{typeof value === 'string' ? value : JSON.stringify(value)}</dd>
              </div>
            ))}
          </dl>
          {record.event === 'request' && !record.success && (
            <ButtonLink isSmall href={explainPath(record)}>
              Explain
            </ButtonLink>
          )}
        </section>
      ))}
    </div>
  )
}

function explainPath({ requestId, details }: AuditRecord): string {
  const text = (name: string) => (typeof details[name] === 'string' ? details[name] : null)
  return withQuery('/explain', {
    ...{ request: requestId, method: text('method'), path: text('path') },
    service: text('service'),
  })
}
