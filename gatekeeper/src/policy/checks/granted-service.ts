import type { Check } from '../../model/decision.ts'
import { namedCaller, sentenceStart } from '../../model/principal.ts'
import { ofLineage, ofTeam } from '../written-places.ts'

/** A key is valid for the services that it lists and no others: a `tts` key cannot call `chat`. */
export const grantedService: Check = {
  name: 'granted-service',
  examine: ({ facts, principal }) => {
    const { name = '', kind } = facts.service ?? {}
    // Anonymous callers have no service; `resolveCaller` allows them `open` endpoints only.
    if (principal.kind === 'anonymous') return null
    // Anybody can be a user of a public app: nothing that we keep for a caller is its own.
    const isForAll = kind?.isOwn && !kind.byNameOnly && principal.app?.isPublic !== true
    if (isForAll) return null
    return principal.services.includes(name) ? null : 'service-not-granted'
  },
  describe: ({ facts, principal }) => {
    const who = sentenceStart(namedCaller(principal))
    const text = `${who} may not call the service ${facts.service?.name ?? ''}: the service is not in its list.`
    return { text, param: null }
  },
  written: ({ principal }) => [
    ...ofLineage(principal, 'services'),
    ...(principal.teamsOfServices ?? []).map((name) => ofTeam(name, 'services')),
  ],
}
