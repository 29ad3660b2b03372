import { createClient } from '../client/create-client.ts'
import { make, makeBox } from '../make.ts'
import { createComposer } from './composer.ts'
import { createConversation } from './conversation.ts'
import { createFrame } from './frame.ts'
import { createLogView } from './log-view.ts'

export type Panel = {
  readonly root: HTMLElement
  readonly send: (text: string) => Promise<void>
  readonly stop: () => void
  readonly clear: () => void
  /** Reads the attributes of the element again. */
  readonly update: () => void
}

/** Creates the panel and its launcher. It reads the attributes of `host` and sets `open` there. */
export function createPanel(host: HTMLElement): Panel {
  const read = (name: string) => host.getAttribute(name) ?? undefined
  const [status, footer] = [makeBox('quiet'), make('footer')]
  const view = createLogView()
  const composer = createComposer(
    (text) => void talk.send(text),
    () => talk.stop(),
  )
  const session = createClient({
    get gateway() {
      return read('gateway')
    },
  }).createChatSession()
  const showNotice = () => {
    const { model } = session
    footer.textContent = `${model ? `${model} · a` : 'A'}nswers are made by a machine`
  }
  const talk = createConversation({
    view,
    composer,
    session,
    readOptions: () => ({
      system: read('system-prompt') ?? read('systemprompt'),
      model: read('model'),
    }),
    say: (line) => {
      status.textContent = line
      showNotice()
    },
  })
  const clear = () => {
    talk.clear()
    view.clear(read('welcome') ?? 'Ask a question to begin.')
    showNotice()
  }
  status.role = 'status'
  const children = [view.log, status, composer.form, footer]
  const onShow = () => view.follow(true)
  const frame = createFrame(host, { children, input: composer.input, clear, onShow })
  clear()
  frame.update()
  return { ...talk, ...frame, clear }
}
