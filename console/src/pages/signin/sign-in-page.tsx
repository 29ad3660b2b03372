import { useEffect, useState } from 'preact/hooks'
import { call } from '../../api.ts'
import { useResource } from '../../lib/resource.ts'
import { useShared } from '../../lib/shared.ts'
import { useSubmit } from '../../lib/submit.ts'
import { Button } from '../../parts/button.tsx'
import { ErrorPanel } from '../../parts/error-panel.tsx'
import { TextField } from '../../parts/field.tsx'
import { go, place, safePath } from '../../place.ts'
import { secondHalf } from '../../second-half.ts'
import { endSession, loadSession, session, startSession } from '../../session.ts'
import { Entry } from '../../signin/entry.tsx'
import { askPasskey, type Begun } from '../../signin/passkeys.ts'
import { leaveFor, type PendingLogin } from '../../signin/provider-login.ts'
import type { SigninView } from '../../signin/signin-view.ts'

/** One button for each way in. It never leaves by itself, and says whose session is there already. */
export function SignInPage() {
  const then = safePath(useShared(place).query.get('then'))
  const { value: ways, failure, reload } = useResource<SigninView>('/signin')
  const me = useShared(session)
  const [isAsked, setAsked] = useState(secondHalf() === null)
  useEffect(() => {
    const asked = () => setAsked(true)
    loadSession().then(asked, asked)
  }, [])
  return (
    <Entry title="Sign in">
      <p>{location.host}</p>
      {me !== null && <SignedInAlready then={then} name={me.person.title ?? me.person.name} />}
      <ErrorPanel failure={failure} onRetry={reload} />
      {isAsked && me === null && ways !== null && <Begin ways={ways} then={then} />}
    </Entry>
  )
}

function SignedInAlready({ name, then }: { name: string; then: string }) {
  return (
    <div class="already">
      <p>
        You are signed in as <b>{name}</b>.
      </p>
      <Button look="main" onClick={() => go(then)}>
        Go on as {name}
      </Button>
      <Button look="quiet" onClick={() => void endSession()}>
        Sign out
      </Button>
    </div>
  )
}

function Begin({ ways, then }: { ways: SigninView; then: string }) {
  if (!ways.isFirstRun) return <Ways ways={ways} then={then} />
  return (
    <p>
      Nobody can sign in yet. This command prints a link for the first owner:{' '}
      <code>npm run people -- invite NAME --role owner</code>
    </p>
  )
}

function Ways({ ways, then }: { ways: SigninView; then: string }) {
  const [hasCode, setCode] = useState(false)
  const passkey = useSubmit(async () => {
    const begun = await call<Begun>('POST', '/signin/passkey/begin')
    const body = await askPasskey(begun)
    await enter(await call('POST', '/signin/passkey/finish', { body }), then)
  })
  const { isPossible } = ways.passkey
  return (
    <>
      {isPossible && (
        <Button look="main" isBusy={passkey.isBusy} onClick={() => void passkey.run()}>
          Use a passkey
        </Button>
      )}
      <ErrorPanel failure={passkey.failure} />
      {isPossible && ways.providers.length > 0 && <div class="or">or</div>}
      <ProviderButtons ways={ways} pending={{ next: then, invitation: null }} />
      {hasCode ? (
        <CodeForm then={then} isMain={!isPossible} />
      ) : (
        <Button look="quiet" onClick={() => setCode(true)}>
          I have a code from the command line
        </Button>
      )}
    </>
  )
}

type ProviderProps = {
  readonly ways: SigninView
  readonly pending: Omit<PendingLogin, 'secret'>
}

/** A button for each provider. */
export function ProviderButtons({ ways, pending }: ProviderProps) {
  return (
    <>
      {ways.providers.map(({ name, title }) => (
        <Button key={name} onClick={() => void leaveFor(name, pending)}>
          Continue with {title}
        </Button>
      ))}
    </>
  )
}

function CodeForm({ then, isMain }: { then: string; isMain: boolean }) {
  const [code, setCode] = useState('')
  const submit = useSubmit(async () => {
    await enter(await call('POST', '/signin/code', { body: { code } }), then)
  })
  return (
    <form
      class="form"
      onSubmit={(event) => {
        event.preventDefault()
        void submit.run()
      }}
    >
      <TextField
        label="Code"
        value={code}
        onInput={setCode}
        isMono
        hasFocus
        isRequired
        placeholder="abcde-fghjk"
        help={
          <>
            Printed by <code>npm run people -- code NAME</code>. It works once, for 15 minutes.
          </>
        }
      />
      <ErrorPanel failure={submit.failure} />
      <Button {...(isMain && { look: 'main' })} type="submit" isBusy={submit.isBusy}>
        Sign in with the code
      </Button>
    </form>
  )
}

/** Keeps the new session and goes on. */
export async function enter({ session: half }: { session: string }, then: string): Promise<void> {
  await startSession(half)
  go(then, 'replace')
}
