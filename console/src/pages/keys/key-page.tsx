import { useState } from 'preact/hooks'
import { withQuery } from '../../api.ts'
import { useResource } from '../../lib/resource.ts'
import type { PageProps } from '../../pages.ts'
import { Button } from '../../parts/button.tsx'
import { Card } from '../../parts/card.tsx'
import { ErrorPanel } from '../../parts/error-panel.tsx'
import { LimitBars } from '../../parts/limit-bar.tsx'
import { Menu } from '../../parts/menu.tsx'
import { Page } from '../../parts/page.tsx'
import { Time } from '../../parts/time.tsx'
import { go } from '../../place.ts'
import { seesAll } from '../../session.ts'
import { State } from './key-columns.tsx'
import { type KeyAct, KeyDialog, keyMenu } from './key-dialogs.tsx'
import { KeyFacts } from './key-facts.tsx'
import { explainPath, type Key, mayChangeKey } from './keys.ts'

/** One key: what it may do, what it used, and what was done to it. */
export function KeyPage({ params }: PageProps) {
  const id = params['id'] ?? ''
  const key = useResource<Key>(`/keys/${id}`, true)
  const [act, setAct] = useState<KeyAct | null>(null)
  const of = key.value
  const done = () => {
    if (act === 'remove') go('/keys', 'replace')
    else key.reload()
  }
  return (
    <Page
      title={of === null ? 'Key' : of.user}
      beside={of !== null && <State of={of} />}
      acts={of !== null && <Acts of={of} onAct={setAct} />}
      command={`npm run keys -- show ${id}`}
    >
      <p class="crumb">
        <a href="/keys">Keys</a> / <span class="mono">gk_{id}</span>
      </p>
      <ErrorPanel failure={key.failure} onRetry={key.reload} />
      {of !== null && (
        <>
          <div class="grid g2">
            <KeyFacts of={of} />
            <Limits of={of} />
          </div>
          {seesAll() && <History id={id} />}
        </>
      )}
      {of !== null && act !== null && (
        <KeyDialog of={of} act={act} onDone={done} onClose={() => setAct(null)} />
      )}
    </Page>
  )
}

function Acts({ of, onAct }: { of: Key; onAct: (act: KeyAct) => void }) {
  return (
    <>
      {mayChangeKey() && <Button onClick={() => onAct('edit')}>Edit</Button>}
      <Menu
        label="More acts on this key"
        items={keyMenu(of, onAct).filter(({ title }) => title !== 'Show' && title !== 'Edit')}
      />
    </>
  )
}

function Limits({ of }: { of: Key }) {
  return (
    <Card title="Limits, used" end={<a href={explainPath(of)}>Explain a request</a>}>
      <LimitBars of={of.limits} />
      {of.limits.length === 0 && (
        <p class="hint">Those of its role, its user and its services apply.</p>
      )}
    </Card>
  )
}

type Act = {
  readonly id: string
  readonly at: string
  readonly event: string
  readonly actor: unknown
}

function History({ id }: { id: string }) {
  const path = withQuery('/audit', { chain: 'acts', q: id, limit: 20 })
  const { value, failure, reload } = useResource<{ items: readonly Act[] }>(path)
  return (
    <Card title="What was done to it" end={<a href={`/audit?q=${id}`}>Audit</a>}>
      <ErrorPanel failure={failure} onRetry={reload} />
      {value?.items.length === 0 && <p class="hint">Nothing is on record.</p>}
      <div class="rows">
        {value?.items.map((act) => (
          <div key={act.id}>
            <span>
              {act.event} <span class="hint">by {nameOf(act.actor)}</span>
            </span>
            <Time at={act.at} />
          </div>
        ))}
      </div>
    </Card>
  )
}

/** The audit names an actor by a text, or by what is known of the system's user. */
function nameOf(actor: unknown): string {
  if (typeof actor === 'string') return actor
  if (typeof actor !== 'object' || actor === null) return 'somebody unknown'
  const { name, user, id } = actor as Readonly<Record<string, unknown>>
  return String(name ?? user ?? id ?? 'somebody unknown')
}
