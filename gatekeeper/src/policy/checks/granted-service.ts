import type { Check } from '../../model/decision.ts'
import { namedCaller, sentenceStart } from '../../model/principal.ts'
import { principalOf } from '../caller.ts'

/** A key is valid for the services that it lists and no others: a `tts` key cannot call `chat`. */
export const grantedService: Check = {
  name: 'granted-service',
  needs: 'head',
  examine: ({ facts, caller }) => {
    const principal = principalOf(caller)
    // Anonymous callers have no service; `resolveCaller` allows them `open` endpoints only.
    if (facts.service?.kind.isOwn || principal.kind === 'anonymous') return null
    const name = facts.service?.name ?? ''
    return principal.services.includes(name) ? null : 'service-not-granted'
  },
  describe: ({ facts, caller }) => {
    const who = sentenceStart(namedCaller(principalOf(caller)))
    const text = `${who} may not call the service ${facts.service?.name ?? ''}: the service is not in its list.`
    return { text, param: null }
  },
}
