import { createPanel, type Panel } from './panel.ts'
import { styles } from './styles.ts'

/**
 * `<gatekeeper-chat>`: the panel in a shadow root, so that the page's styles and its own do not
 * meet. Attributes: title (or header), placeholder, welcome, system-prompt, model, theme, position,
 * launcher, inline, open, gateway.
 */
export class GatekeeperChat extends HTMLElement {
  static readonly observedAttributes: readonly string[] = [
    ...['open', 'title', 'header', 'placeholder', 'launcher', 'inline'],
  ]
  #panel: Panel | null = null

  connectedCallback(): void {
    if (this.#panel) return
    // Unlike an element <style>, this is allowed under every Content-Security-Policy.
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

  /** Stops the answer that is arriving. */
  stop(): void {
    this.#panel?.stop()
  }

  /** Forgets the conversation. */
  clear(): void {
    this.#panel?.clear()
  }
}
