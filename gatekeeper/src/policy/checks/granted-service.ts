import type { Check } from '../../model/decision.ts'
import { namedCaller, sentenceStart } from '../../model/principal.ts'
import { principalOf } from '../caller.ts'

/** A key opens the services that it names, and no other: a `tts` key does not open `chat`. */
export const grantedService: Check = {
  name: 'granted-service',
  needs: 'head',
  examine: ({ facts, caller }) => {
    const principal = principalOf(caller)
    // Anonymous callers hold no service; `resolveCaller` lets them no further than `open`.
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
