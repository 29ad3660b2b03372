import { createAnswerView } from './answer-view.ts'
import { toChatError } from './chat-error.ts'
import { type Client, createClient, type Message } from './create-client.ts'
import { createLogView } from './log-view.ts'
import { make, makeButton } from './make.ts'

export type Panel = {
  readonly root: HTMLElement
  readonly send: (text: string) => Promise<void>
  readonly clear: () => void
  /** Reads the attributes of the host again. */
  readonly update: () => void
  readonly stop: () => void
}

const notice = 'answers are made by a machine'

/** Creates the panel and its launcher. `host` has the attributes, and gets `open`. */
export function createPanel(host: HTMLElement): Panel {
  const view = createLogView()
  const input = make('textarea')
  const submit = make('button', 'send')
  const status = make('div', 'quiet')
  const name = make('b')
  const face = make('div', 'face')
  const footer = make('footer', '', `A${notice.slice(1)}`)
  let messages: Message[] = []
  let running: AbortController | null = null
  let client: Client | null = null
  const read = (attribute: string) => host.getAttribute(attribute)
  const hasLauncher = () => read('inline') === null && read('launcher') !== 'none'
  const clear = () => {
    running?.abort()
    messages = []
    view.clear(read('welcome') ?? 'Ask a question to begin.')
  }
  const show = (isOpen: boolean) => {
    host.toggleAttribute('open', isOpen)
    ;(isOpen ? input : launch).focus()
  }
  const showRunning = () => {
    submit.ariaLabel = running ? 'Stop the answer' : 'Send'
    submit.textContent = running ? '■' : '↑'
  }
  const ask = async (text: string, signal: AbortSignal, onText: (text: string) => void) => {
    const gateway = read('gateway') ?? undefined
    client ??= createClient({ gateway })
    const asked = { role: 'user', content: text } as const
    const chosen = {
      signal,
      system: read('system-prompt') ?? undefined,
      model: read('model') ?? undefined,
    }
    let content = ''
    // 50 are the most that a gateway takes; the first is one of the user.
    for await (const event of client.chatEvents([...messages.slice(-48), asked], chosen)) {
      if (event.type === 'start' && event.model) footer.textContent = `${event.model} · ${notice}`
      if (event.type === 'chunk') {
        content += event.content
        onText(content)
      }
    }
  }
  const send = async (given: string) => {
    const text = given.trim()
    if (running || !text) return
    const answer = createAnswerView(view.follow)
    const asked = make('article', 'me', text)
    asked.ariaLabel = 'You'
    view.removeNotes()
    view.add(asked, answer.article)
    input.value = ''
    running = new AbortController()
    const { signal } = running
    showRunning()
    status.textContent = 'Answering'
    let content = ''
    const keep = () => {
      answer.finish(content)
      messages = [...messages, { role: 'user', content: text }, { role: 'assistant', content }]
    }
    try {
      await ask(text, signal, (soFar) => {
        content = soFar
        answer.show(soFar)
      })
      keep()
      status.textContent = `Answer complete: ${content.slice(0, 300)}`
    } catch (failure) {
      const { code, message, retryAfter } = toChatError(failure, signal)
      if (content) keep()
      else {
        // Nothing is lost: the text comes back for another try.
        asked.remove()
        answer.article.remove()
        input.value ||= text
      }
      const wasStopped = code === 'aborted'
      status.textContent = wasStopped ? 'Stopped' : message
      if (!wasStopped) view.note(message, () => send(input.value || text), retryAfter)
      input.focus()
    } finally {
      running = null
      showRunning()
      view.follow()
    }
  }
  const form = make('form', '', input, submit)
  const close = makeButton({ className: 'x', text: '×', name: 'Close the chat' }, () => show(false))
  const fresh = makeButton({ text: 'New', name: 'Begin a new conversation' }, clear)
  const names = make('div', 'names', name, make('span', '', 'A language model; it can be wrong'))
  const panel = make(
    'section',
    'panel',
    ...[make('header', '', face, names, fresh, close), view.log, status, form, footer],
  )
  const launch = makeButton({ className: 'launch', text: '', name: '' }, () => show(true))
  const root = make('div', 'root', panel, launch)
  const update = () => {
    const title = read('title') ?? read('header') ?? 'Chat'
    const isOpen = !hasLauncher() || read('open') !== null
    name.textContent = panel.ariaLabel = title
    face.textContent = [...title][0]?.toUpperCase() ?? ''
    launch.textContent = read('launcher') || title
    launch.ariaLabel = `Open the chat: ${title}`
    input.placeholder = input.ariaLabel = read('placeholder') ?? 'Ask something'
    close.hidden = !hasLauncher()
    panel.hidden = !isOpen
    launch.hidden = isOpen
    root.classList.toggle('open', isOpen)
    view.follow(true)
  }
  status.role = 'status'
  face.ariaHidden = 'true'
  input.rows = 1
  input.onkeydown = (event) => {
    if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return
    event.preventDefault()
    form.requestSubmit()
  }
  form.onsubmit = (event) => {
    event.preventDefault()
    if (running) running.abort()
    else void send(input.value)
  }
  panel.onkeydown = ({ key }) => {
    if (key === 'Escape' && hasLauncher()) show(false)
  }
  clear()
  showRunning()
  update()
  return { root, send, clear, update, stop: () => running?.abort() }
}
