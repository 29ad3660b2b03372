import { createElement, type ReactElement, useEffect } from 'react'

export type ChatWidgetProps = {
  readonly gateway?: string
  /** `system` follows the reader's browser. */
  readonly theme?: 'light' | 'dark' | 'system'
  readonly title?: string
  /** Another name of `title`. */
  readonly header?: string
  readonly systemPrompt?: string
  readonly model?: string
  readonly placeholder?: string
  /** The text above an empty conversation. */
  readonly welcome?: string
  readonly position?: 'left' | 'right'
  /** The text of the button that opens the panel; `none` shows the panel alone. */
  readonly launcher?: string
  /** Shows the panel in its place in the page, as large as its parent. */
  readonly inline?: boolean
  readonly className?: string
}

/** The panel of `<gatekeeper-chat>` as a component. Only the browser loads its code. */
export function ChatWidget(props: ChatWidgetProps): ReactElement {
  const { systemPrompt, theme, inline, className, ...others } = props
  useEffect(() => {
    void import('../widget.ts')
  }, [])
  return createElement('gatekeeper-chat', {
    ...others,
    class: className,
    'system-prompt': systemPrompt,
    theme: theme === 'system' ? undefined : theme,
    inline: inline ? '' : undefined,
  })
}
