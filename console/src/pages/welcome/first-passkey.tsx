import { useState } from 'preact/hooks'
import { call } from '../../api.ts'
import { useSubmit } from '../../lib/submit.ts'
import { Button } from '../../parts/button.tsx'
import { ErrorPanel } from '../../parts/error-panel.tsx'
import { TextField } from '../../parts/field.tsx'
import { Time } from '../../parts/time.tsx'
import { type BrowserCheck, checkBrowser } from '../../signin/check-browser.ts'
import { type Begun, makePasskey, proposeLabel } from '../../signin/passkeys.ts'
import type { SigninView } from '../../signin/signin-view.ts'
import { ProviderButtons } from '../signin/sign-in-page.tsx'
import { dropLink, type Link } from './link.ts'

type Props = {
  /** Null while the browser cannot use it. */
  readonly link: Link | null
  readonly ways: SigninView
  readonly onRegistered: (answer: { session: string }) => Promise<void>
  /** Uses the link without a passkey. */
  readonly onAccept: () => Promise<void>
}

/** What is needed for a passkey, then the passkey; or a sign-in at a provider. */
export function FirstPasskey({ link, ways, onRegistered, onAccept }: Props) {
  const [label, setLabel] = useState(proposeLabel())
  const register = useSubmit(async () => {
    const ticket = link?.ticket
    const path = '/signin/invitation/register'
    const begun = await call<Begun>('POST', `${path}/begin`, { body: { ticket } })
    const made = await makePasskey(begun)
    const body = { ticket, label, ...made }
    const answer = await call<{ session: string }>('POST', `${path}/finish`, { body })
    dropLink()
    await onRegistered(answer)
  })
  const accept = useSubmit(onAccept)
  const checks = checkBrowser(ways.passkey.isPossible)
  const isGood = checks.every((check) => check.isGood)
  return (
    <>
      {link !== null && <Whose link={link} />}
      <Steps checks={checks} />
      {isGood && link !== null && (
        <form
          class="form"
          onSubmit={(event) => {
            event.preventDefault()
            void register.run()
          }}
        >
          <TextField label="Name of the passkey" value={label} onInput={setLabel} isRequired />
          <ErrorPanel failure={register.failure} />
          <Button look="main" type="submit" isBusy={register.isBusy}>
            Make a passkey
          </Button>
        </form>
      )}
      {link !== null && ways.providers.length > 0 && (
        <>
          <div class="or">or</div>
          <ProviderButtons ways={ways} pending={{ next: '/', invitation: link.ticket }} />
        </>
      )}
      {link !== null && !ways.passkey.isPossible && (
        <>
          <ErrorPanel failure={accept.failure} />
          <Button look="main" isBusy={accept.isBusy} onClick={() => void accept.run()}>
            Go on without a passkey
          </Button>
        </>
      )}
    </>
  )
}

function Whose({ link }: { link: Link }) {
  return (
    <p>
      This link is for <b>{link.name}</b>. It works once, and ends{' '}
      <Time at={link.expiresAt} fallback="soon" />.
    </p>
  )
}

function Steps({ checks }: { checks: readonly BrowserCheck[] }) {
  // What is in order needs one line at most: the one that is wrong most often.
  const wrong = checks.filter(({ isGood }) => !isGood)
  const shown = wrong.length > 0 ? wrong : checks.filter(({ what }) => /certificate/.test(what))
  return (
    <ol class="steps">
      {shown.map(({ isGood, what, todo }) => (
        <li key={what} class={isGood ? 'done' : 'wrong'}>
          <i aria-hidden="true">{isGood ? '✓' : '!'}</i>
          <div>
            <b>{what}</b>
            <span class="hidden">{isGood ? ': yes' : ': no'}</span>
            {!isGood && <p class="help">{todo}</p>}
          </div>
        </li>
      ))}
      <li>
        <i aria-hidden="true">1</i>
        <div>
          <b>Make a passkey</b>
          <p class="help">On this computer, your phone, or a security key.</p>
        </div>
      </li>
      <li>
        <i aria-hidden="true">2</i>
        <div>
          <b>Make a second one</b>
          <p class="help">So that a lost phone locks nobody out.</p>
        </div>
      </li>
    </ol>
  )
}
