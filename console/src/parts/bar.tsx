import { useLayoutEffect, useRef } from 'preact/hooks'

/** A share as a bar. Text beside it says the same: it is hidden from readers of the screen. */
export function Bar({ share, tone = 'plain' }: { share: number; tone?: 'plain' | 'warn' | 'bad' }) {
  const fill = useRef<HTMLElement>(null)
  useLayoutEffect(() => {
    if (fill.current !== null)
      fill.current.style.width = `${Math.min(1, Math.max(0, share)) * 100}%`
  }, [share])
  return (
    <span class="bar" aria-hidden="true">
      <i ref={fill} class={tone} />
    </span>
  )
}
