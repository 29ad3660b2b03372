import type { ComponentChildren } from 'preact'
import { useId } from 'preact/hooks'
import { Button } from './button.tsx'
import { Dialog, type DialogProps } from './dialog.tsx'

export type FormDialogProps = Omit<DialogProps, 'footer' | 'isDismissible'> & {
  /** The text of the main button: what it does. */
  readonly act: string
  readonly onSubmit: () => void
  readonly isBusy?: boolean
  readonly isDisabled?: boolean
  /** Fields stand beside each other where there is room. */
  readonly isAcross?: boolean
  /** What stands above the form, and is no part of it. */
  readonly before?: ComponentChildren
  readonly after?: ComponentChildren
}

/** A dialog with one form: a button that leaves it, and one that submits it. */
export function FormDialog(props: FormDialogProps) {
  const { act, onSubmit, isBusy, isDisabled, isAcross, before, after, children, ...dialog } = props
  const id = useId()
  return (
    <Dialog
      {...dialog}
      footer={
        <>
          <Button look="quiet" onClick={dialog.onClose}>
            Cancel
          </Button>
          <Button
            look="main"
            type="submit"
            form={id}
            isBusy={isBusy === true}
            isDisabled={isDisabled === true}
          >
            {act}
          </Button>
        </>
      }
    >
      {before}
      <form
        id={id}
        class={isAcross === true ? 'form across' : 'form'}
        onSubmit={(event) => {
          event.preventDefault()
          onSubmit()
        }}
      >
        {children}
      </form>
      {after}
    </Dialog>
  )
}
