/**
 * `<gatekeeper-chat>`: the panel, in a shadow root, so that neither the page's styles nor its own leave
 * their side. Attributes: title (or header), placeholder, system-prompt, model, theme, position,
 * launcher, inline, open, gateway, welcome.
 */
import type { ChatError } from './chat-error.ts'
import { type Client, createClient, type Message } from './create-client.ts'
import { createTextView } from './markdown.ts'
import { styles } from './styles.ts'

/** Creates an element with its class and children. */
function make<Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  className = '',
  ...children: (Node | string)[]
): HTMLElementTagNameMap[Name] {
  const node = document.createElement(name)
  if (className !== '') node.className = className
  node.append(...children)
  return node
}

function button(className: string, label: string, onClick: () => void): HTMLButtonElement {
  const node = make('button', className)
  node.type = 'button'
  node.ariaLabel = label
  node.addEventListener('click', onClick)
  return node
}

export class GatekeeperChat extends HTMLElement {
  static readonly observedAttributes: readonly string[] = ['open', 'title', 'header', 'placeholder']
  #isBuilt = false
  #messages: Message[] = []
  #stop: AbortController | null = null
  #isFollowing = true
  #timer: ReturnType<typeof setInterval> | undefined
  #client: Client | null = null
  readonly #log = make('div', 'log')
  readonly #input = make('textarea')
  readonly #send = make('button', 'send')
  readonly #status = make('div', 'quiet')
  readonly #name = make('b')
  readonly #face = make('div', 'face')
  readonly #footer = make('footer', '', 'Answers are made by a machine')
  readonly #down = button('down', 'Go to the newest message', () => this.#follow(true))
  readonly #launch = button('launch', '', () => this.#show(true))
  readonly #panel = make('section', 'panel')
  readonly #root = make('div', 'root')

  connectedCallback(): void {
    if (!this.#isBuilt) this.#build()
    this.#isBuilt = true
    addEventListener('offline', this.#onOffline)
  }

  disconnectedCallback(): void {
    this.#stop?.abort()
    clearInterval(this.#timer)
    removeEventListener('offline', this.#onOffline)
  }

  attributeChangedCallback(name: string): void {
    if (!this.#isBuilt) return
    if (name === 'open') this.#place()
    else this.#label()
  }

  /** Forgets the conversation. */
  clear(): void {
    this.#stop?.abort()
    this.#messages = []
    this.#log.replaceChildren(this.#hello())
  }

  /** Sends a text as if it had been typed. */
  async send(text: string): Promise<void> {
    if (this.#stop !== null || text.trim() === '') return
    await this.#ask(text.trim())
  }

  #onOffline = () =>
    this.#note('You are offline. Messages can be sent again when the connection is back.')

  #build(): void {
    const sheet = new CSSStyleSheet()
    sheet.replaceSync(styles)
    const shadow = this.attachShadow({ mode: 'open' })
    shadow.adoptedStyleSheets = [sheet]
    this.#log.role = 'log'
    this.#log.ariaLive = 'off'
    this.#log.tabIndex = 0
    this.#status.role = 'status'
    this.#log.addEventListener('scroll', () => this.#noteScroll(), { passive: true })
    this.#panel.append(this.#head(), this.#log, this.#status, this.#form(), this.#footer)
    this.#panel.addEventListener('keydown', (event) => {
      if (event.key === 'Escape' && this.#hasLauncher()) this.#show(false)
    })
    this.#down.textContent = 'Newest message'
    this.#root.append(this.#panel, this.#launch)
    shadow.append(this.#root)
    this.#log.append(this.#hello())
    this.#label()
    this.#place()
  }

  #head(): HTMLElement {
    const names = make(
      'div',
      'names',
      this.#name,
      make('span', '', 'A language model; it can be wrong'),
    )
    const fresh = button('', 'Begin a new conversation', () => this.clear())
    fresh.textContent = 'New'
    const close = button('x', 'Close the chat', () => this.#show(false))
    close.textContent = '×'
    close.hidden = !this.#hasLauncher()
    this.#face.ariaHidden = 'true'
    return make('header', '', this.#face, names, fresh, close)
  }

  #form(): HTMLElement {
    const form = make('form', '', this.#input, this.#send)
    this.#input.rows = 1
    this.#input.maxLength = 32_000
    this.#input.addEventListener('keydown', (event) => {
      if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return
      event.preventDefault()
      form.requestSubmit()
    })
    form.addEventListener('submit', (event) => {
      event.preventDefault()
      if (this.#stop !== null) return this.#stop.abort()
      void this.send(this.#input.value)
    })
    this.#showSending(false)
    return form
  }

  #hasLauncher(): boolean {
    return !this.hasAttribute('inline') && this.getAttribute('launcher') !== 'none'
  }

  #label(): void {
    const title = this.getAttribute('title') ?? this.getAttribute('header') ?? 'Chat'
    this.#name.textContent = title
    this.#face.textContent = [...title][0]?.toUpperCase() ?? ''
    this.#panel.ariaLabel = title
    this.#log.ariaLabel = 'Conversation'
    this.#launch.ariaLabel = `Open the chat: ${title}`
    this.#launch.textContent = this.getAttribute('launcher') || title
    this.#input.placeholder = this.getAttribute('placeholder') ?? 'Ask something'
    this.#input.ariaLabel = this.#input.placeholder
  }

  #hello(): HTMLElement {
    return make('p', 'hello', this.getAttribute('welcome') ?? 'Ask a question to begin.')
  }

  #place(): void {
    const isOpen = !this.#hasLauncher() || this.hasAttribute('open')
    this.#panel.hidden = !isOpen
    this.#launch.hidden = isOpen
    this.#root.classList.toggle('open', isOpen)
    if (isOpen) this.#follow(true)
  }

  #show(isOpen: boolean): void {
    this.toggleAttribute('open', isOpen)
    if (isOpen) this.#input.focus()
    else this.#launch.focus()
  }

  #showSending(isSending: boolean): void {
    this.#send.type = 'submit'
    this.#send.ariaLabel = isSending ? 'Stop the answer' : 'Send'
    this.#send.textContent = isSending ? '■' : '↑'
  }

  async #ask(text: string): Promise<void> {
    const before = this.#messages
    const asked = make('article', 'me', text)
    asked.ariaLabel = 'You'
    const view = make('div', '', make('span', 'typing', make('i'), make('i'), make('i')))
    const answer = make('article', 'it', view)
    answer.ariaLabel = 'Answer'
    this.#clearNotes()
    this.#log.append(asked, answer)
    this.#input.value = ''
    this.#stop = new AbortController()
    this.#showSending(true)
    this.#status.textContent = 'Answering'
    this.#follow(true)
    let content = ''
    try {
      const show = this.#drawer(view)
      for await (const event of this.#clientOf().chatEvents(
        [...before, { role: 'user', content: text } as const].slice(-49),
        this.#options(this.#stop.signal),
      )) {
        if (event.type === 'start' && event.model !== null)
          this.#footer.textContent = `${event.model} · answers are made by a machine`
        if (event.type === 'chunk') show((content += event.content))
      }
      this.#status.textContent = `Answer complete: ${content.slice(0, 300)}`
      this.#messages = [
        ...before,
        { role: 'user', content: text },
        { role: 'assistant', content: content || '…' },
      ]
      this.#addCopying(view)
    } catch (error) {
      this.#fail(error as ChatError, { text, content, asked, answer })
    } finally {
      this.#stop = null
      this.#showSending(false)
      this.#follow(false)
    }
  }

  /** Made with the first message, when the attributes are there. */
  #clientOf(): Client {
    const gateway = this.getAttribute('gateway')
    this.#client ??= createClient(gateway === null ? {} : { gateway })
    return this.#client
  }

  #options(signal: AbortSignal) {
    const system = this.getAttribute('system-prompt')
    const model = this.getAttribute('model')
    return { signal, ...(system && { system }), ...(model && { model }) }
  }

  /** Draws once a frame at most, however many pieces arrive. */
  #drawer(view: HTMLElement): (text: string) => void {
    let latest = ''
    let isPending = false
    let draw: ((text: string) => void) | null = null
    return (text) => {
      latest = text
      if (isPending) return
      isPending = true
      requestAnimationFrame(() => {
        isPending = false
        if (draw === null) view.replaceChildren()
        draw ??= createTextView(view)
        draw(latest)
        this.#follow(false)
      })
    }
  }

  #addCopying(view: HTMLElement): void {
    for (const pre of view.querySelectorAll('pre')) {
      const copy = button('copy', 'Copy the code', () => {
        void navigator.clipboard?.writeText(pre.textContent ?? '').then(() => {
          copy.textContent = 'Copied'
        })
      })
      copy.textContent = 'Copy'
      const frame = make('div', 'code')
      pre.replaceWith(frame)
      frame.append(pre, copy)
    }
  }

  #fail(
    error: ChatError,
    {
      text,
      content,
      asked,
      answer,
    }: { text: string; content: string; asked: HTMLElement; answer: HTMLElement },
  ): void {
    const wasStopped = error.code === 'aborted'
    if (content === '') {
      // Nothing is lost: the text comes back for another try.
      asked.remove()
      answer.remove()
      if (this.#input.value === '') this.#input.value = text
    } else
      this.#messages = [
        ...this.#messages,
        { role: 'user', content: text },
        { role: 'assistant', content },
      ]
    this.#status.textContent = wasStopped ? 'Stopped' : error.message
    if (!wasStopped)
      this.#note(error.message, () => void this.send(this.#input.value || text), error.retryAfter)
    this.#input.focus()
  }

  #clearNotes(): void {
    clearInterval(this.#timer)
    for (const one of this.#log.querySelectorAll('.note, .hello')) one.remove()
  }

  #note(text: string, retry?: () => void, seconds: number | null = null): void {
    this.#clearNotes()
    const said = make('span', '', text)
    const note = make('div', 'note', said)
    if (retry !== undefined) {
      const again = button('', 'Send the message again', retry)
      again.textContent = 'Retry'
      note.append(again)
      if (seconds !== null) this.#count(seconds, again)
    }
    this.#log.append(note)
    this.#follow(false)
  }

  #count(seconds: number, again: HTMLButtonElement): void {
    let left = seconds
    const show = () => {
      again.disabled = left > 0
      again.textContent = left > 0 ? `Retry in ${left} s` : 'Retry'
      if (left-- <= 0) clearInterval(this.#timer)
    }
    show()
    this.#timer = setInterval(show, 1_000)
  }

  /** Whoever scrolled up reads: the log stays there until they go down again. */
  #noteScroll(): void {
    const { scrollTop, scrollHeight, clientHeight } = this.#log
    this.#isFollowing = scrollHeight - scrollTop - clientHeight < 40
    if (this.#isFollowing) this.#down.remove()
  }

  #follow(isAsked: boolean): void {
    if (isAsked) this.#isFollowing = true
    if (this.#isFollowing) this.#log.scrollTop = this.#log.scrollHeight
    else if (!this.#down.isConnected) this.#log.append(this.#down)
  }
}
