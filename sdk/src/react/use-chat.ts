/** The chat for React 18 and later: a hook for pages with looks of their own, and the panel. */
import {
  createElement,
  type ReactElement,
  useCallback,
  useEffect,
  useMemo,
  useRef,
  useState,
} from 'react'
import type { ChatError } from './chat-error.ts'
import { toChatError } from './chat-error.ts'
import {
  type ChatOptions,
  type ClientOptions,
  createClient,
  type Message,
} from './create-client.ts'
import type { Usage } from './read-events.ts'

export type UseChatOptions = ClientOptions & Pick<ChatOptions, 'system' | 'model'>

export type UseChat = {
  readonly messages: readonly Message[]
  readonly input: string
  readonly setInput: (text: string) => void
  /** Sends the input, or the text that is given; an event as its argument is taken as none. */
  readonly send: (text?: unknown) => Promise<void>
  readonly stop: () => void
  /** From sending until the end of the answer. */
  readonly isLoading: boolean
  /** From the first piece of the answer until its end. */
  readonly isStreaming: boolean
  readonly error: ChatError | null
  readonly usage: Usage | null
  readonly clear: () => void
}

/** A conversation with the gateway. Where a message fails, the input comes back. */
export function useChat(options: UseChatOptions = {}): UseChat {
  const { gateway } = options
  const latest = useRef(options)
  latest.current = options
  // biome-ignore lint/correctness/useExhaustiveDependencies: the others are read when they are needed.
  const session = useMemo(() => createClient({ ...latest.current }).createChatSession(), [gateway])
  const [messages, setMessages] = useState<readonly Message[]>([])
  const [input, setInput] = useState('')
  const [phase, setPhase] = useState<'idle' | 'loading' | 'streaming'>('idle')
  const [error, setError] = useState<ChatError | null>(null)
  const [usage, setUsage] = useState<Usage | null>(null)
  const running = useRef<AbortController | null>(null)
  const stop = useCallback(() => running.current?.abort(), [])
  useEffect(() => stop, [stop])
  const send = async (given?: unknown) => {
    const text = (typeof given === 'string' ? given : input).trim()
    if (given !== null && typeof given === 'object' && 'preventDefault' in given) {
      ;(given as { preventDefault: () => void }).preventDefault()
    }
    if (text === '' || running.current !== null) return
    const controller = new AbortController()
    running.current = controller
    setError(null)
    setInput('')
    setPhase('loading')
    try {
      const { system, model } = latest.current
      const chosen = {
        signal: controller.signal,
        ...(system && { system }),
        ...(model && { model }),
      }
      const answer = session.send(text, chosen)
      const first = answer.next()
      setMessages(session.messages)
      for (let piece = await first; !piece.done; piece = await answer.next()) {
        setPhase('streaming')
        setMessages(session.messages)
      }
      setUsage(session.usage)
    } catch (failure) {
      const failed = toChatError(failure, controller.signal)
      if (session.messages.at(-1)?.role !== 'assistant' || failed.code !== 'aborted') setInput(text)
      setMessages(session.messages)
      if (failed.code !== 'aborted') setError(failed)
    } finally {
      running.current = null
      setPhase('idle')
    }
  }
  const clear = () => {
    stop()
    session.clear()
    setMessages([])
    setError(null)
    setUsage(null)
  }
  const isLoading = phase !== 'idle'
  return {
    ...{ messages, input, setInput, send, stop, error, usage, clear, isLoading },
    isStreaming: phase === 'streaming',
  }
}

export type ChatWidgetProps = {
  readonly gateway?: string
  readonly theme?: 'light' | 'dark' | 'system'
  readonly title?: string
  /** Another name of `title`. */
  readonly header?: string
  readonly systemPrompt?: string
  readonly placeholder?: string
  readonly position?: 'left' | 'right'
  /** The text of the button that opens the panel; `none` shows the panel alone. */
  readonly launcher?: string
  readonly inline?: boolean
  readonly className?: string
}

/** The panel of `<gatekeeper-chat>` as a component. Its code is loaded in the browser alone. */
export function ChatWidget({
  systemPrompt,
  theme,
  inline,
  className,
  ...others
}: ChatWidgetProps): ReactElement {
  useEffect(() => {
    void import('./widget.ts')
  }, [])
  return createElement('gatekeeper-chat', {
    ...others,
    class: className,
    'system-prompt': systemPrompt,
    theme: theme === 'system' ? undefined : theme,
    inline: inline ? '' : undefined,
  })
}

export type { Message, Usage }
