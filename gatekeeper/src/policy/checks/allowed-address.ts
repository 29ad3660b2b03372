import type { Check } from '../../model/decision.ts'
import { namedCaller, sentenceStart } from '../../model/principal.ts'
import { principalOf } from '../caller.ts'

/** Refuses a key outside its addresses; the address is the client's as Caddy determined it. */
export const allowedAddress: Check = {
  name: 'allowed-address',
  needs: 'head',
  examine: ({ facts, caller }) => {
    const { isAddressAllowed } = principalOf(caller)
    if (isAddressAllowed === null || isAddressAllowed(facts.clientAddress)) return null
    return 'address-not-allowed'
  },
  describe: ({ facts, caller }) => {
    const who = sentenceStart(namedCaller(principalOf(caller)))
    const text = `${who} may not be used from the address ${facts.clientAddress}.`
    return { text, param: null }
  },
}
