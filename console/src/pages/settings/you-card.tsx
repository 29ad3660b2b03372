import { useShared } from '../../lib/shared.ts'
import { Card } from '../../parts/card.tsx'
import { Fact } from '../../parts/fact.tsx'
import { Tags } from '../../parts/tag.tsx'
import { session } from '../../session.ts'
import { roleOptions } from '../people/person.ts'

/** Who this person is here, and what everything that they make may use. */
export function YouCard() {
  const person = useShared(session)?.person
  if (person === undefined) return null
  const { name, title, role, team, access, logins } = person
  return (
    <Card title="You">
      <dl class="facts">
        <Fact name="Name">
          {title ?? name} {title !== null && <span class="hint">{name}</span>}
        </Fact>
        <Fact name="In the console">
          {roleOptions.find(({ value }) => value === role)?.title ?? role}
        </Fact>
        {team !== null && <Fact name="Team">{team}</Fact>}
        <Fact name="May use">
          {access === null ? (
            <span class="hint">no service yet: an owner or admin gives access</span>
          ) : (
            <>
              <Tags of={access.services} most={20} /> <span class="hint">{access.role}</span>
            </>
          )}
        </Fact>
        {access !== null && access.models.length > 0 && (
          <Fact name="Models">
            <Tags of={access.models} most={20} />
          </Fact>
        )}
        {access !== null && access.limits.length > 0 && (
          <Fact name="Limits of all keys">
            <Tags of={access.limits} most={20} />
          </Fact>
        )}
        <Fact name="Linked logins">
          {logins.length === 0 ? (
            <span class="hint">none</span>
          ) : (
            <Tags of={logins.map(({ provider, subject }) => `${provider}: ${subject}`)} most={20} />
          )}
        </Fact>
      </dl>
    </Card>
  )
}
