import { Button } from '../../parts/button.tsx'
import { Dialog } from '../../parts/dialog.tsx'
import { SecretOnce } from '../../parts/secret-once.tsx'
import { Time } from '../../parts/time.tsx'
import type { MadeLink } from './person.ts'

/** A one-time link, shown once. */
export function LinkDialog(props: {
  readonly name: string
  readonly made: MadeLink
  readonly onClose: () => void
}) {
  const { name, made, onClose } = props
  return (
    <Dialog
      title={`A link for ${name}`}
      hint="Send it on a way that you trust: whoever opens it first becomes this person."
      isDismissible={false}
      onClose={onClose}
      footer={
        <Button look="main" onClick={onClose}>
          I have sent it
        </Button>
      }
    >
      <SecretOnce
        what="link"
        secret={made.link}
        note={
          <>
            It works once and ends <Time at={made.expiresAt} />. It is not shown again.
          </>
        }
      />
    </Dialog>
  )
}
