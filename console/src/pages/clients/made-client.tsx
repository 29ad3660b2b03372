import { useShared } from '../../lib/shared.ts'
import { Button } from '../../parts/button.tsx'
import { CodeBlock } from '../../parts/code-block.tsx'
import { Dialog } from '../../parts/dialog.tsx'
import { SecretOnce } from '../../parts/secret-once.tsx'
import { session } from '../../session.ts'
import { linesForClient, type MadeClient } from './clients.ts'

/** A client that was just made or rotated: the one time that its secret is shown. */
export function MadeClientDialog({ made, onDone }: { made: MadeClient; onDone: () => void }) {
  const baseUrl = useShared(session)?.site.baseUrl ?? ''
  const lines = linesForClient(made, baseUrl)
  const what = made.app === null ? 'client' : 'app'
  return (
    <Dialog
      title={`Secret of the ${what} “${made.id}”`}
      isWide
      isDismissible={made.secret === null}
      hint={
        made.secret === null
          ? 'A public app has no secret: its program gets tokens as below.'
          : 'This is the only time it is shown: only its fingerprint is kept.'
      }
      onClose={onDone}
      footer={
        <Button look="main" onClick={onDone}>
          {made.secret === null ? 'Done' : 'Done, I have it'}
        </Button>
      }
    >
      {made.secret === null ? (
        <CodeBlock text={lines[0]?.text ?? ''} label="the lines" />
      ) : (
        <SecretOnce what="client secret" secret={made.secret} lines={lines} />
      )}
    </Dialog>
  )
}
