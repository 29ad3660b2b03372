import { isObject } from '../../../lib/json/is-object.ts'

export type ChatMessage = { readonly role: string; readonly content: string }

/** What is asked of the model, in no provider's form. */
export type WidgetQuestion = {
  readonly model: string
  /** The operator's prompt and, after it, what a page may add; without empty texts. */
  readonly system: readonly string[]
  readonly messages: readonly ChatMessage[]
  readonly temperature: number | null
  /** The bound of the output, and the member for it; null is none. */
  readonly output: { readonly member: string; readonly tokens: number } | null
  readonly isStream: boolean
}

/** What one event of an upstream's stream says; null if it says nothing that a visitor sees. */
export type Told = { readonly text: string } | 'end' | 'error' | null

/** How one family of providers writes a chat: pure, and nothing but the text of an answer is kept. */
export type ChatForm = {
  readonly compose: (question: WidgetQuestion) => object
  /** Returns the text of a whole answer; null if it is not an answer. */
  readonly readWhole: (answer: Readonly<Record<string, unknown>>) => string | null
  /** Reads the data of an event: text that may be JSON. */
  readonly readEvent: (data: string) => Told | 'unreadable'
}

/** Returns the first member of a list that is an object; null if there is none. */
export function firstOf(list: unknown): Readonly<Record<string, unknown>> | null {
  const [first] = Array.isArray(list) ? list : []
  return isObject(first) ? first : null
}
