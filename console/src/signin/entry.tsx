import type { ComponentChildren } from 'preact'
import { useEffect } from 'preact/hooks'
import { Brand } from '../shell/icon.tsx'

/** A page without the navigation: one card in the middle. */
export function Entry({ title, children }: { title: string; children: ComponentChildren }) {
  useEffect(() => {
    document.title = `${title} · Gatekeeper`
  }, [title])
  return (
    <main class="entry">
      <div class="card">
        <div class="brand">
          <Brand /> Gatekeeper
        </div>
        <h1>{title}</h1>
        {children}
      </div>
    </main>
  )
}
