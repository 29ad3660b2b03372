import type { ComponentChildren } from 'preact'
import { useSubmit } from '../lib/submit.ts'
import { Button } from './button.tsx'
import { Dialog } from './dialog.tsx'
import { ErrorPanel } from './error-panel.tsx'

export type ConfirmProps = {
  /** A question: "Disable the key of ada?" */
  readonly title: string
  /** What will happen, and whether it can be undone. */
  readonly children: ComponentChildren
  /** What the button does: "Disable key". */
  readonly act: string
  readonly isDanger?: boolean
  /** A failure stays in the dialog; a success closes it. */
  readonly onConfirm: () => Promise<void>
  readonly onClose: () => void
}

/** Asks before an act that stops or removes something. */
export function Confirm({ title, children, act, isDanger = true, ...on }: ConfirmProps) {
  const submit = useSubmit(async () => {
    await on.onConfirm()
    on.onClose()
  })
  return (
    <Dialog
      title={title}
      onClose={on.onClose}
      footer={
        <>
          <Button look="quiet" onClick={on.onClose}>
            Cancel
          </Button>
          <Button
            look={isDanger ? 'danger' : 'main'}
            isBusy={submit.isBusy}
            onClick={() => void submit.run()}
          >
            {act}
          </Button>
        </>
      }
    >
      {children}
      <ErrorPanel failure={submit.failure} />
    </Dialog>
  )
}
