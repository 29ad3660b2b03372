import { principalOf } from '../caller.ts'
import type { Check } from '../decision.ts'

/** Refuses a key outside its addresses; the address is the client's as Caddy determined it. */
export const allowedAddress: Check = {
  name: 'allowed-address',
  needs: 'head',
  examine: ({ facts, caller }) => {
    const { isAddressAllowed } = principalOf(caller)
    if (isAddressAllowed === null || isAddressAllowed(facts.clientAddress)) return null
    return 'address-not-allowed'
  },
}
