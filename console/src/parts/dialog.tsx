import type { ComponentChildren } from 'preact'
import { useEffect, useId, useRef, useState } from 'preact/hooks'
import { guardLeaving } from '../place.ts'
import { Button } from './button.tsx'

export type DialogProps = {
  readonly title: string
  readonly hint?: ComponentChildren
  readonly children: ComponentChildren
  /** The buttons; the main one last. */
  readonly footer?: ComponentChildren
  /** Whether input would be lost by closing: Escape asks first. */
  readonly isDirty?: boolean
  /** False where only a button may close it: a secret that is shown once. */
  readonly isDismissible?: boolean
  readonly isWide?: boolean
  readonly onClose: () => void
}

/** A modal dialog. It is there while it is rendered, and gives the focus back afterwards. */
export function Dialog(props: DialogProps) {
  const { title, hint, isDirty = false, isDismissible = true, onClose } = props
  const id = useId()
  const dialog = useRef<HTMLDialogElement>(null)
  const [isAsking, setAsking] = useState(false)
  useShown(dialog)
  useEffect(() => {
    if (!isDirty) return
    return guardLeaving(() => {
      setAsking(true)
      return false
    })
  }, [isDirty])
  const dismiss = () => {
    if (isDirty) setAsking(true)
    else if (isDismissible) onClose()
  }
  return (
    <dialog
      ref={dialog}
      class={props.isWide === true ? 'dialog wide' : 'dialog'}
      aria-labelledby={id}
      // Chromium closes a dialog at the second Escape, whatever `cancel` says.
      onKeyDown={(event) => {
        if (event.key !== 'Escape' || event.defaultPrevented) return
        event.preventDefault()
        dismiss()
      }}
      onCancel={(event) => {
        event.preventDefault()
        dismiss()
      }}
    >
      <header>
        <h1 id={id} tabIndex={-1}>
          {title}
        </h1>
        {hint !== undefined && <p class="hint">{hint}</p>}
      </header>
      <div class="body">{props.children}</div>
      <footer>
        {isAsking ? <Discard onKeep={() => setAsking(false)} onDiscard={onClose} /> : props.footer}
      </footer>
    </dialog>
  )
}

function Discard({ onKeep, onDiscard }: { onKeep: () => void; onDiscard: () => void }) {
  const question = useRef<HTMLSpanElement>(null)
  useEffect(() => question.current?.focus(), [])
  return (
    <>
      <span class="grow" ref={question} tabIndex={-1} role="alert">
        Discard what you typed?
      </span>
      <Button look="quiet" onClick={onKeep}>
        Keep editing
      </Button>
      <Button look="danger" onClick={onDiscard}>
        Discard
      </Button>
    </>
  )
}

function useShown(dialog: { current: HTMLDialogElement | null }): void {
  useEffect(() => {
    const element = dialog.current
    const before = document.activeElement
    element?.showModal()
    if (element?.querySelector('[autofocus]') === null) element.querySelector('h1')?.focus()
    return () => {
      element?.close()
      if (before instanceof HTMLElement && before.isConnected) before.focus()
    }
  }, [])
}
