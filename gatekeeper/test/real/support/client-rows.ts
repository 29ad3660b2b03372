/** The client libraries, one row each: their features and their exceptions. */
import type { ClientHome } from '../parts/clients.ts'
import type { Act } from './client-process.ts'

export type ClientRow = {
  readonly name: string
  readonly kind: ClientHome
  readonly file: string
  /** What its base URL ends in, after the entry point's own path. */
  readonly base: '' | '/v1'
  /** The part before that in a URL without an endpoint, in the same API. */
  readonly lost: string
  /** The prefix of the model's name: the API that LiteLLM as a library must use. */
  readonly modelPrefix?: string
  /** The features of the library; an act that it lacks is not listed. */
  readonly acts: readonly Act[]
  /** The class that it raises for a status. */
  readonly raises: Readonly<Record<401 | 403 | 404 | 429 | 503, string>>
  /** How often it tries in total by default. */
  readonly tries: Tries
  /** The `name` of its exception for a used-up quota, if not that of the class. */
  readonly quotaName?: string
  /** The members of our error that it shows its users, in addition to the class. */
  readonly shows: readonly ('status' | 'code' | 'type' | 'message')[]
}

type Tries = {
  /** If the answer says when the request would pass. */
  readonly passing: number
  /** If it says `x-should-retry: false`. */
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
/** It reads only the status, and also repeats requests that cannot pass. */
const aiSdk = { raises: callErrors, tries: { passing: 3, final: 3 } } as const
/** Its own retries, which take minutes, in place of those of the library below. */
const langchain = { raises: sdkErrors, tries: { passing: 7, final: 1 } } as const
const ollama = { raises: responseErrors, tries: { passing: 1, final: 1 } } as const
const everything = ['list', 'chat', 'stream', 'tools', 'embed', 'abort'] as const
const unlisted = ['chat', 'stream', 'tools', 'embed', 'abort'] as const
const wordless = ['chat', 'stream', 'tools', 'abort'] as const
const whole = ['status', 'code', 'type', 'message'] as const
const text = ['status', 'message'] as const

const node = (name: string, file: string) => ({ name, kind: 'node', file: `${file}.mjs` }) as const

/**
 * The newest versions, which other suites run within their own process: there they do all the rest.
 */
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
    // It has no class for a 403 of this provider.
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
