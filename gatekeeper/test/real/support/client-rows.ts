/** The client libraries, one row each: what they can do and what they raise. */
import type { ClientHome } from '../parts/clients.ts'
import type { Act } from './client-process.ts'

export type ClientRow = {
  readonly name: string
  readonly kind: ClientHome
  readonly file: string
  /** What its base URL ends in, behind the door's own path. */
  readonly base: '' | '/v1'
  /** What stands before that in a URL that leads nowhere, in the same language. */
  readonly lost: string
  /** What stands before the model's name: the language that LiteLLM as a library is to speak. */
  readonly modelPrefix?: string
  /** What the library has; no act stands here that it lacks. */
  readonly acts: readonly Act[]
  /** The class that it raises for a status. */
  readonly raises: Readonly<Record<401 | 403 | 404 | 429 | 503, string>>
  /** How often it asks in all, unless told otherwise. */
  readonly tries: Tries
  /** The `name` that it gives its exception where a quota is used up, if not that of the class. */
  readonly quotaName?: string
  /** Which of our error's members it shows its users, beside the class. */
  readonly shows: readonly ('status' | 'code' | 'type' | 'message')[]
}

type Tries = {
  /** Where the answer says when the request would pass. */
  readonly passing: number
  /** Where it says `x-should-retry: false`. */
  readonly final: number
}

const sdkErrors = {
  ...{ 401: 'AuthenticationError', 403: 'PermissionDeniedError', 404: 'NotFoundError' },
  ...{ 429: 'RateLimitError', 503: 'InternalServerError' },
}
const callErrors = {
  ...{ 401: 'APICallError', 403: 'APICallError', 404: 'APICallError' },
  // Around the APICallError of its last try.
  ...{ 429: 'RetryError', 503: 'RetryError' },
}
const responseErrors = {
  ...{ 401: 'ResponseError', 403: 'ResponseError', 404: 'ResponseError' },
  ...{ 429: 'ResponseError', 503: 'ResponseError' },
}
const unavailable = { ...sdkErrors, 503: 'ServiceUnavailableError' }
const sdk = { raises: sdkErrors, tries: { passing: 3, final: 1 } } as const
/** It goes by the status alone, and repeats what cannot pass as well. */
const aiSdk = { raises: callErrors, tries: { passing: 3, final: 3 } } as const
/** Its own repetition, which goes on for minutes, in place of that of the library below. */
const langchain = { raises: sdkErrors, tries: { passing: 7, final: 1 } } as const
const ollama = { raises: responseErrors, tries: { passing: 1, final: 1 } } as const
const everything = ['list', 'chat', 'stream', 'tools', 'embed', 'abort'] as const
const unlisted = ['chat', 'stream', 'tools', 'embed', 'abort'] as const
const wordless = ['chat', 'stream', 'tools', 'abort'] as const
const whole = ['status', 'code', 'type', 'message'] as const
const text = ['status', 'message'] as const

const node = (name: string, file: string) => ({ name, kind: 'node', file: `${file}.mjs` }) as const

/** The newest versions, which other suites run within their own process: there they do all the rest. */
export const newestRows: readonly ClientRow[] = [
  {
    ...node('openai 7', 'openai-7'),
    ...{ base: '/v1', lost: '/v1/nowhere', acts: everything, ...sdk, shows: whole },
  },
  {
    ...node('@anthropic-ai/sdk 1', 'anthropic-1'),
    ...{ base: '', lost: '/v1/nowhere', acts: ['list', ...wordless], shows: text },
    ...{ raises: unavailable, tries: sdk.tries },
  },
]

export const openaiRows: readonly ClientRow[] = [
  {
    ...node('openai 5', 'openai-5'),
    ...{ base: '/v1', lost: '/v1/nowhere', acts: everything, ...sdk, shows: whole },
  },
  {
    ...node('AI SDK, openai, Responses API', 'ai-sdk-openai-responses'),
    ...{ base: '/v1', lost: '/v1/nowhere', acts: unlisted, ...aiSdk, shows: text },
  },
  {
    ...node('AI SDK, openai, chat', 'ai-sdk-openai-chat'),
    ...{ base: '/v1', lost: '/v1/nowhere', acts: unlisted, ...aiSdk, shows: text },
  },
  {
    ...node('AI SDK, openai-compatible', 'ai-sdk-compatible'),
    ...{ base: '/v1', lost: '/v1/nowhere', acts: unlisted, ...aiSdk, shows: text },
  },
  {
    ...node('LangChain, openai', 'langchain-openai'),
    ...{ base: '/v1', lost: '/v1/nowhere', acts: unlisted, ...langchain, shows: whole },
    quotaName: 'InsufficientQuotaError',
  },
  {
    ...{ name: 'openai (Python)', kind: 'python', file: 'use_openai.py' },
    ...{ base: '/v1', lost: '/v1/nowhere', acts: everything, ...sdk, shows: whole },
  },
  {
    ...{ name: 'litellm (Python), openai/', kind: 'litellm', file: 'use_litellm.py' },
    ...{ base: '/v1', lost: '/v1/nowhere', modelPrefix: 'openai/', acts: unlisted, shows: text },
    // It knows no class of its own for a 403 of this provider.
    raises: { ...unavailable, 403: 'APIError' },
    tries: sdk.tries,
  },
]

export const anthropicRows: readonly ClientRow[] = [
  {
    ...node('@anthropic-ai/sdk 0', 'anthropic-0'),
    ...{
      base: '',
      lost: '/v1/nowhere',
      acts: ['list', ...wordless],
      ...sdk,
      shows: ['status', 'message'],
    },
  },
  {
    ...node('AI SDK, anthropic', 'ai-sdk-anthropic'),
    ...{ base: '', lost: '/v1/nowhere', acts: wordless, ...aiSdk, shows: text },
  },
  {
    ...node('LangChain, anthropic', 'langchain-anthropic'),
    ...{ base: '', lost: '/v1/nowhere', acts: wordless, ...langchain, shows: text },
    quotaName: 'RateLimitQuotaExhaustedError',
  },
  {
    ...{ name: 'anthropic (Python)', kind: 'python', file: 'use_anthropic.py' },
    ...{
      base: '',
      lost: '/v1/nowhere',
      acts: ['list', ...wordless],
      ...{ raises: unavailable, tries: sdk.tries },
      shows: ['status', 'message'],
    },
  },
]

export const ollamaRows: readonly ClientRow[] = [
  {
    ...node('AI SDK, ollama', 'ai-sdk-ollama'),
    ...{ base: '', lost: '/api/nowhere', acts: unlisted, ...aiSdk, shows: ['status'] },
  },
  {
    ...node('LangChain, ollama', 'langchain-ollama'),
    ...{ base: '', lost: '/api/nowhere', acts: unlisted, ...ollama, shows: text },
  },
  {
    ...{ name: 'ollama (Python)', kind: 'python', file: 'use_ollama.py' },
    ...{ base: '', lost: '/api/nowhere', acts: everything, ...ollama, shows: text },
  },
  {
    ...{ name: 'litellm (Python), ollama_chat/', kind: 'litellm', file: 'use_litellm.py' },
    ...{ base: '', lost: '/api/nowhere', modelPrefix: 'ollama_chat/', acts: wordless },
    ...{ raises: unavailable, tries: ollama.tries, shows: text },
  },
]
