import { useState } from 'preact/hooks'
import { useSubmit } from '../../lib/submit.ts'
import { Button } from '../../parts/button.tsx'
import { ErrorPanel } from '../../parts/error-panel.tsx'
import { TextField } from '../../parts/field.tsx'
import { Notice } from '../../parts/notice.tsx'
import { addPasskey } from '../../signin/add-passkey.ts'
import { Entry } from '../../signin/entry.tsx'

/** The second passkey, asked for at once; later is a choice with a warning. */
export function SecondPasskey({ onDone }: { onDone: () => void }) {
  const [isPostponing, setPostponing] = useState(false)
  const [label, setLabel] = useState('Second passkey')
  const add = useSubmit(async () => {
    if (await addPasskey(label)) onDone()
  })
  return (
    <Entry title="Make a second passkey">
      <p>
        Your first passkey works. Make a second one on another device or a security key now, so that
        losing one locks you out of nothing.
      </p>
      <form
        class="form"
        onSubmit={(event) => {
          event.preventDefault()
          void add.run()
        }}
      >
        <TextField label="Name of the passkey" value={label} onInput={setLabel} isRequired />
        <ErrorPanel failure={add.failure} />
        <Button look="main" type="submit" isBusy={add.isBusy}>
          Make a second passkey
        </Button>
      </form>
      {isPostponing ? (
        <Notice
          tone="warn"
          word="One passkey"
          go={
            <Button isSmall onClick={onDone}>
              Go on with one
            </Button>
          }
        >
          If you lose it, you need somebody with access to the files of Gatekeeper.
        </Notice>
      ) : (
        <Button look="quiet" onClick={() => setPostponing(true)}>
          Later
        </Button>
      )}
    </Entry>
  )
}
