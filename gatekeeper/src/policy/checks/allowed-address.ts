import type { Check } from '../../model/decision.ts'
import { namedCaller, sentenceStart } from '../../model/principal.ts'
import { ofLineage } from '../written-places.ts'

/** Refuses a key outside its addresses; the address is the client's as Caddy determined it. */
export const allowedAddress: Check = {
  name: 'allowed-address',
  examine: ({ facts, principal }) => {
    const { isAddressAllowed } = principal
    if (isAddressAllowed === null || isAddressAllowed(facts.clientAddress)) return null
    return 'address-not-allowed'
  },
  describe: ({ facts, principal }) => {
    const who = sentenceStart(namedCaller(principal))
    const text = `${who} may not be used from the address ${facts.clientAddress}.`
    return { text, param: null }
  },
  written: ({ principal }) => ofLineage(principal, 'addresses'),
}
