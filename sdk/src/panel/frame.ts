import { make, makeBox, makeButton } from '../make.ts'

export type Frame = {
  readonly root: HTMLElement
  /** Reads the attributes again: names, texts, open or closed. */
  readonly update: () => void
}

export type FrameParts = {
  readonly children: readonly HTMLElement[]
  readonly input: HTMLTextAreaElement
  /** Begins a new conversation. */
  readonly clear: () => void
  readonly onShow: () => void
}

/** A panel over the whole of a small screen must be asked for. */
const isSmall = () => matchMedia('(max-width:480px)').matches

/** Creates the panel around its parts, and the button that opens it. `open` is kept at the host. */
export function createFrame(host: HTMLElement, parts: FrameParts): Frame {
  const { input } = parts
  const read = (name: string) => host.getAttribute(name)
  const show = (isOpen: boolean) => {
    host.toggleAttribute('open', isOpen)
    ;(isOpen ? input : launch).focus()
  }
  const [name, face] = [make('b'), makeBox('face')]
  const names = makeBox('names', name, make('span', 'A language model; it can be wrong'))
  const fresh = makeButton('', 'New', parts.clear, 'Begin a new conversation')
  const close = makeButton('x', '×', () => show(false), 'Close the chat')
  const panel = makeBox('panel', make('header', face, names, fresh, close))
  panel.append(...parts.children)
  const launch = makeButton('launch', '', () => show(true))
  const root = make('section', panel, launch)
  // The title of the host would appear as a hint over every part of the panel.
  root.title = ''
  face.ariaHidden = 'true'
  const isInline = () => read('inline') !== null
  const hasLauncher = () => !isInline() && (read('launcher') !== 'none' || isSmall())
  panel.onkeydown = ({ key }) => {
    if (key === 'Escape' && hasLauncher()) show(false)
  }
  const update = () => {
    const title = read('title') ?? read('header') ?? 'Chat'
    const isOpen = !hasLauncher() || read('open') !== null
    name.textContent = root.ariaLabel = title
    face.textContent = [...title][0]?.toUpperCase() ?? ''
    launch.textContent = read('launcher')?.replace('none', '') || title
    input.placeholder = input.ariaLabel = read('placeholder') ?? 'Ask something'
    close.hidden = !hasLauncher()
    panel.hidden = !isOpen
    launch.hidden = isOpen
    root.className = `root ${isInline() ? 'inline' : isOpen ? 'open' : ''}`
    if (isOpen) parts.onShow()
  }
  if (isSmall()) host.removeAttribute('open')
  return { root, update }
}
