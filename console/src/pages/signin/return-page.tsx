import { useEffect, useState } from 'preact/hooks'
import { ApiFailure, problemOf } from '../../api-failure.ts'
import { useSubmit } from '../../lib/submit.ts'
import { ButtonLink } from '../../parts/button.tsx'
import { ErrorPanel } from '../../parts/error-panel.tsx'
import { safePath } from '../../place.ts'
import { Entry } from '../../signin/entry.tsx'
import { handOver, redeemTicket, takePending } from '../../signin/provider-login.ts'
import { enter } from './sign-in-page.tsx'

/** Where a sign-in at a provider ends: the ticket in the fragment becomes a session. */
export function ReturnPage() {
  const [isProof, setProof] = useState(false)
  const finish = useSubmit(async () => {
    const fragment = new URLSearchParams(location.hash.slice(1))
    // The ticket is of no use to anybody who reads the history.
    history.replaceState(null, '', '/signin/return')
    const proof = fragment.get('proof')
    if (proof !== null) {
      handOver(proof)
      setProof(true)
      return window.close()
    }
    const ticket = fragment.get('ticket')
    const pending = takePending()
    if (ticket === null) throw failed(problems[fragment.get('problem') ?? ''] ?? nothing)
    if (pending === null) throw failed(notBegun)
    const session = await redeemTicket(ticket, pending)
    await enter({ session }, safePath(pending.next))
  })
  useEffect(() => void finish.run(), [])
  if (isProof) {
    return (
      <Entry title="Confirmed">
        <p>You can close this window and go on in the other one.</p>
      </Entry>
    )
  }
  return (
    <Entry title="Signing in">
      <ErrorPanel failure={finish.failure} />
      {finish.failure !== null && <ButtonLink href="/signin">Back to the sign-in page</ButtonLink>}
    </Entry>
  )
}

const nothing = 'There is nothing to finish here.'
const notBegun = 'This sign-in was not begun in this window. Begin again.'
const problems: Readonly<Record<string, string>> = {
  unreachable: 'The provider could not be reached. The log says more.',
  state: 'This sign-in took too long, or was begun in another browser. Begin again.',
  provider: 'The provider did not sign you in. The log says more.',
}

function failed(detail: string): ApiFailure {
  return new ApiFailure({ ...problemOf(0, null), reason: 'provider', detail })
}
