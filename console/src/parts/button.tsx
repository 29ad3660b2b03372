import type { ComponentChildren } from 'preact'

export type ButtonProps = {
  readonly children: ComponentChildren
  /** `main` is the one main act of a page or dialog; `danger` takes something away. */
  readonly look?: 'main' | 'quiet' | 'danger'
  readonly isSmall?: boolean
  readonly isBusy?: boolean
  readonly isDisabled?: boolean
  readonly type?: 'button' | 'submit'
  /** Id of the form, for a button outside of it. */
  readonly form?: string
  /** The name for readers of the screen, where the text alone does not say it. */
  readonly label?: string
  readonly onClick?: (event: MouseEvent) => void
}

export function Button(props: ButtonProps) {
  const { look, isSmall, isBusy, isDisabled, type = 'button', form, label, onClick } = props
  const looks = ['btn', look, isSmall === true && 's'].filter(Boolean).join(' ')
  return (
    <button
      type={type}
      class={looks}
      form={form}
      aria-label={label}
      aria-busy={isBusy === true}
      // A busy button keeps the focus, and does nothing.
      aria-disabled={isBusy === true}
      disabled={isDisabled === true}
      onClick={(event) => {
        if (isBusy === true) event.preventDefault()
        else onClick?.(event)
      }}
    >
      {props.children}
    </button>
  )
}

/** A link that looks like a button. */
export function ButtonLink(
  props: Pick<ButtonProps, 'children' | 'look' | 'isSmall'> & { href: string },
) {
  const looks = ['btn', props.look, props.isSmall === true && 's'].filter(Boolean).join(' ')
  return (
    <a class={looks} href={props.href}>
      {props.children}
    </a>
  )
}
