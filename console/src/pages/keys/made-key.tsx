import { useShared } from '../../lib/shared.ts'
import { Button } from '../../parts/button.tsx'
import { Dialog } from '../../parts/dialog.tsx'
import { SecretOnce } from '../../parts/secret-once.tsx'
import { Time } from '../../parts/time.tsx'
import { session } from '../../session.ts'
import type { Choices, MadeKey } from './keys.ts'
import { linesFor, modelFor } from './lines.ts'

type Props = {
  readonly made: MadeKey
  readonly choices: Choices
  readonly onDone: () => void
  readonly onAnother?: () => void
}

/** A key that was just made or rotated: the one time that its secret is shown. */
export function MadeKeyDialog({ made, choices, onDone, onAnother }: Props) {
  const site = useShared(session)?.site
  const services = made.services.flatMap((name) =>
    choices.services.filter((one) => one.name === name),
  )
  const baseUrl = site?.baseUrl ?? ''
  const model = modelFor(made.models)
  const lines = linesFor(made.key, { services, baseUrl, model })
  return (
    <Dialog
      title={`Key for “${made.user}”`}
      isWide
      isDismissible={false}
      hint={
        <>
          This is the only time it is shown: only its fingerprint is kept. It works within two
          seconds. <OldOne made={made} />
        </>
      }
      onClose={onDone}
      footer={
        <>
          {onAnother !== undefined && (
            <Button look="quiet" onClick={onAnother}>
              Make another
            </Button>
          )}
          <Button look="main" onClick={onDone}>
            Done, I have it
          </Button>
        </>
      }
    >
      <SecretOnce
        what="key"
        secret={made.key}
        lines={lines}
        note={<Notes example={made.models.includes(model) ? null : model} />}
      />
    </Dialog>
  )
}

function OldOne({ made: { oldWorksUntil } }: { made: MadeKey }) {
  if (oldWorksUntil === undefined) return null
  if (oldWorksUntil === null) return <>The old secret has stopped working.</>
  return (
    <>
      The old secret works until <Time at={oldWorksUntil} />.
    </>
  )
}

function Notes({ example }: { example: string | null }) {
  return (
    <>
      {example !== null && (
        <>
          Replace <code>{example}</code> by the name of a model that you have.{' '}
        </>
      )}
      If the certificate is of Gatekeeper’s own authority, name its <code>root.crt</code> in{' '}
      <code>SSL_CERT_FILE</code> (Python, curl) or <code>NODE_EXTRA_CA_CERTS</code> (Node). Never
      turn verification off.
    </>
  )
}
