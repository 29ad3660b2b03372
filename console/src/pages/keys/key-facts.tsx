import { Card } from '../../parts/card.tsx'
import { Fact } from '../../parts/fact.tsx'
import { Tags } from '../../parts/tag.tsx'
import { Time } from '../../parts/time.tsx'
import type { Key } from './keys.ts'

const makerTexts = {
  gone: 'is gone',
  disabled: 'is disabled',
  'no-access': 'has no access to services',
} as const

/** What is written about a key. */
export function KeyFacts({ of }: { of: Key }) {
  const list = (entries: readonly string[], none: string) =>
    entries.length === 0 ? <span class="hint">{none}</span> : <Tags of={entries} most={20} />
  const caps = Object.entries(of.caps).filter(([, cap]) => cap !== null)
  return (
    <Card title="What it may do">
      <dl class="facts">
        <Fact name="Services">
          {list([...of.services, ...of.unknownServices.map((name) => `${name}?`)], 'none')}
        </Fact>
        <Fact name="Role">{of.role}</Fact>
        {of.team !== null && <Fact name="Team">{of.team}</Fact>}
        <Fact name="Models">{list(of.models, 'any')}</Fact>
        <Fact name="Addresses">{list(of.addresses, 'any')}</Fact>
        <Fact name="Web origins">{list(of.origins, 'any')}</Fact>
        {caps.length > 0 && (
          <Fact name="Of one request">
            {list(
              caps.map(([name, cap]) => `${name} ${cap}`),
              '',
            )}
          </Fact>
        )}
        {of.weight !== null && <Fact name="Share of the queue">{of.weight}</Fact>}
        {of.cloudModels !== null && (
          <Fact name="Cloud models">{of.cloudModels ? 'yes' : 'no'}</Fact>
        )}
        <Fact name="Ends">
          <Time at={of.expiresAt} />
          {of.noExpiryReason !== null && <span class="hint">: {of.noExpiryReason}</span>}
        </Fact>
        <Fact name="Last used">
          <Time at={of.lastUsedAt} />
        </Fact>
        <Fact name="Made">
          <Time at={of.createdAt} fallback="at an unknown time" />
          {of.madeBy !== null && <> by {of.madeByName ?? 'somebody who is gone'}</>}
          {of.makerProblem !== null && (
            <span class="sub">
              It is refused: a key does no more than the person who made it, and that one{' '}
              {makerTexts[of.makerProblem]}.
            </span>
          )}
        </Fact>
        {of.rotation !== null && (
          <Fact name="Old secret">
            works until <Time at={of.rotation.oldUntil} />
          </Fact>
        )}
        {of.description !== null && <Fact name="Description">{of.description}</Fact>}
        {of.tags.length > 0 && <Fact name="Tags">{list(of.tags, '')}</Fact>}
      </dl>
    </Card>
  )
}
