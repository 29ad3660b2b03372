import { useEffect, useState } from 'preact/hooks'
import { call } from '../api.ts'
import { useSubmit } from '../lib/submit.ts'
import { Button } from '../parts/button.tsx'
import { Dialog } from '../parts/dialog.tsx'
import { ErrorPanel } from '../parts/error-panel.tsx'
import { TextField } from '../parts/field.tsx'
import { keepSecondHalf } from '../second-half.ts'
import { askPasskey } from './passkeys.ts'
import { awaitTicket, type Draw, drawSecret, startPath } from './provider-login.ts'

type BegunProof = {
  readonly ways: readonly ('passkey' | 'provider' | 'code')[]
  readonly providers: readonly { readonly name: string; readonly title: string }[]
  readonly challengeId: string
  readonly options: object | null
}

/** What the acts are, as the dialog asks. */
const questions: Readonly<Record<string, string>> = {
  'passkey.add': 'Add a passkey?',
  'passkey.remove': 'Remove this passkey?',
  'person.invite': 'Make a link with which somebody can sign in?',
  'person.role': 'Change what this person may do here?',
  'client.control': 'Give a client the administration?',
  'provider_key.set': 'Set the key of a provider?',
  'guardrail.off': 'Switch a guardrail off?',
  'audit.export': 'Export the audit?',
  'data.export': 'Export the data of this person?',
  'data.erase': 'Erase this person?',
}

export type ProofProps = {
  readonly act: string
  readonly target: string | null
  readonly onDone: (stepUp: string | null) => void
}

/** Asks for a proof that is good for this act alone. */
export function ProofDialog({ act, target, onDone }: ProofProps) {
  const [begun, setBegun] = useState<BegunProof | null>(null)
  const begin = useSubmit(async () => {
    const body = { act, ...(target !== null && { target }) }
    setBegun(await call<BegunProof>('POST', '/step-up/begin', { body }))
  })
  useEffect(() => void begin.run(), [])
  /** A challenge is good for one answer: after a failure there is a new one. */
  const finish = async (shown: object) => {
    try {
      const body = { challengeId: begun?.challengeId, ...shown }
      const answer = await call<{ stepUp: string; session: string }>('POST', '/step-up/finish', {
        body,
      })
      keepSecondHalf(answer.session)
      onDone(answer.stepUp)
    } catch (error) {
      void begin.run()
      throw error
    }
  }
  return (
    <Dialog
      title={questions[act] ?? 'Is it you?'}
      hint="This needs a confirmation that counts for this one act."
      onClose={() => onDone(null)}
      footer={
        <Button look="quiet" onClick={() => onDone(null)}>
          Cancel
        </Button>
      }
    >
      <ErrorPanel failure={begin.failure} onRetry={() => void begin.run()} />
      {begun !== null && <Ways of={{ begun, act, target }} finish={finish} />}
    </Dialog>
  )
}

type Asked = Omit<ProofProps, 'onDone'> & { readonly begun: BegunProof }
type WayProps = { readonly of: Asked; readonly finish: (shown: object) => Promise<void> }

function Ways({ of, finish }: WayProps) {
  const { ways, providers, options } = of.begun
  const [hasCode, setCode] = useState(ways.length === 1)
  return (
    <div class="ways">
      {options !== null && <ByPasskey of={of} finish={finish} />}
      {providers.map((provider) => (
        <ByProvider key={provider.name} provider={provider} finish={finish} />
      ))}
      {hasCode ? (
        <ByCode of={of} finish={finish} />
      ) : (
        <Button look="quiet" onClick={() => setCode(true)}>
          I have a code from the command line
        </Button>
      )}
    </div>
  )
}

function ByPasskey({ of: { begun }, finish }: WayProps) {
  const submit = useSubmit(async () => {
    const { challengeId, options } = begun
    await finish(await askPasskey({ challengeId, options: options ?? {} }))
  })
  return (
    <>
      <ErrorPanel failure={submit.failure} />
      <Button look="main" isBusy={submit.isBusy} onClick={() => void submit.run()}>
        Use a passkey
      </Button>
    </>
  )
}

type ByProviderProps = {
  readonly provider: { readonly name: string; readonly title: string }
  readonly finish: (shown: object) => Promise<void>
}

/** In a window of its own, so that nothing on this page is lost. */
function ByProvider({ provider: { name, title }, finish }: ByProviderProps) {
  // Drawn before the click: a browser opens a window in the click alone.
  const [drawn, setDrawn] = useState<Draw | null>(null)
  const [gone] = useState(() => new AbortController())
  useEffect(() => {
    void drawSecret().then(setDrawn)
    return () => gone.abort()
  }, [])
  const submit = useSubmit(async () => {
    if (drawn === null) return
    const ticket = awaitTicket(gone.signal)
    window.open(startPath(name, drawn.bind, true), '', 'popup,width=520,height=680')
    await finish({ ticket: await ticket, secret: drawn.secret })
  })
  return (
    <>
      <ErrorPanel failure={submit.failure} />
      <Button isBusy={submit.isBusy} onClick={() => void submit.run()}>
        Sign in at {title} again
      </Button>
    </>
  )
}

function ByCode({ of: { act, target }, finish }: WayProps) {
  const [code, setCode] = useState('')
  const submit = useSubmit(async () => await finish({ code }))
  const line = `npm run people -- code YOU --for ${act}${target === null ? '' : ` --target ${target}`}`
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
        isRequired
        placeholder="abcde-fghjk"
        help={
          <>
            <code>{line}</code> prints one on the machine of Gatekeeper.
          </>
        }
      />
      <ErrorPanel failure={submit.failure} />
      <Button type="submit" isBusy={submit.isBusy}>
        Confirm with the code
      </Button>
    </form>
  )
}
