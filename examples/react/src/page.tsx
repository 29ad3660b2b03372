import { useChat } from '@gatekeeper/chat/react'

/** A chat with looks of its own. */
export function Page() {
  const { messages, input, setInput, send, stop, isLoading, isStreaming, error, usage, clear } =
    useChat()
  return (
    <main>
      <h1>Tea, grown slowly</h1>
      <ol>
        {messages.map(({ role, content }, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: messages are only added at the end.
          <li key={index}>
            <b>{role === 'user' ? 'You' : 'Answer'}:</b> {content}
          </li>
        ))}
      </ol>
      {isLoading && !isStreaming && <p>Thinking…</p>}
      {error && <p role="alert">{error.message}</p>}
      <form onSubmit={send}>
        <input
          aria-label="Message"
          value={input}
          onChange={(event) => setInput(event.target.value)}
        />
        {isLoading ? (
          <button type="button" onClick={stop}>
            Stop
          </button>
        ) : (
          <button type="submit">Send</button>
        )}
        <button type="button" onClick={clear}>
          Clear
        </button>
      </form>
      {usage && <p>{usage.total_tokens} tokens</p>}
    </main>
  )
}
