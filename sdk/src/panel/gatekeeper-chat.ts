/**
 * `<gatekeeper-chat>`: the panel, in a shadow root, so that neither the page's styles nor its own leave
 * their side. Attributes: title (or header), placeholder, welcome, system-prompt, model, theme,
 * position, launcher, inline, open, gateway.
 */
import { createPanel, type Panel } from './panel.ts'
import { styles } from './styles.ts'

export class GatekeeperChat extends HTMLElement {
  static readonly observedAttributes: readonly string[] = [
    ...['open', 'title', 'header', 'placeholder', 'launcher', 'inline'],
  ]
  #panel: Panel | null = null

  connectedCallback(): void {
    if (this.#panel) return
    const sheet = new CSSStyleSheet()
    sheet.replaceSync(styles)
    const shadow = this.attachShadow({ mode: 'open' })
    shadow.adoptedStyleSheets = [sheet]
    this.#panel = createPanel(this)
    shadow.append(this.#panel.root)
  }

  disconnectedCallback(): void {
    this.#panel?.stop()
  }

  attributeChangedCallback(): void {
    this.#panel?.update()
  }

  /** Sends a text as if it had been typed. Resolves when the answer has ended. */
  async send(text: string): Promise<void> {
    await this.#panel?.send(text)
  }

  /** Forgets the conversation. */
  clear(): void {
    this.#panel?.clear()
  }
}
