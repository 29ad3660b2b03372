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
  readonly raises: Readonly<Record<401 | 403 | 404, string>>
  /** Which of our error's members it shows its users, beside the class. */
  readonly shows: readonly ('status' | 'code' | 'type' | 'message')[]
}

const sdkErrors = { 401: 'AuthenticationError', 403: 'PermissionDeniedError', 404: 'NotFoundError' }
const callError = { 401: 'APICallError', 403: 'APICallError', 404: 'APICallError' }
const responseError = { 401: 'ResponseError', 403: 'ResponseError', 404: 'ResponseError' }
const everything = ['list', 'chat', 'stream', 'tools', 'embed', 'abort'] as const
const unlisted = ['chat', 'stream', 'tools', 'embed', 'abort'] as const
const wordless = ['chat', 'stream', 'tools', 'abort'] as const
const whole = ['status', 'code', 'type', 'message'] as const
const text = ['status', 'message'] as const

const node = (name: string, file: string) => ({ name, kind: 'node', file: `${file}.mjs` }) as const

export const openaiRows: readonly ClientRow[] = [
  {
    ...node('openai 5', 'openai-5'),
    ...{ base: '/v1', lost: '/v1/nowhere', acts: everything, raises: sdkErrors, shows: whole },
  },
  {
    ...node('AI SDK, openai, Responses API', 'ai-sdk-openai-responses'),
    ...{ base: '/v1', lost: '/v1/nowhere', acts: unlisted, raises: callError, shows: text },
  },
  {
    ...node('AI SDK, openai, chat', 'ai-sdk-openai-chat'),
    ...{ base: '/v1', lost: '/v1/nowhere', acts: unlisted, raises: callError, shows: text },
  },
  {
    ...node('AI SDK, openai-compatible', 'ai-sdk-compatible'),
    ...{ base: '/v1', lost: '/v1/nowhere', acts: unlisted, raises: callError, shows: text },
  },
  {
    ...node('LangChain, openai', 'langchain-openai'),
    ...{ base: '/v1', lost: '/v1/nowhere', acts: unlisted, raises: sdkErrors, shows: whole },
  },
  {
    ...{ name: 'openai (Python)', kind: 'python', file: 'use_openai.py' },
    ...{ base: '/v1', lost: '/v1/nowhere', acts: everything, raises: sdkErrors, shows: whole },
  },
  {
    ...{ name: 'litellm (Python), openai/', kind: 'litellm', file: 'use_litellm.py' },
    ...{ base: '/v1', lost: '/v1/nowhere', modelPrefix: 'openai/', acts: unlisted, shows: text },
    // It knows no class of its own for a 403 of this provider.
    raises: { ...sdkErrors, 403: 'APIError' },
  },
]

export const anthropicRows: readonly ClientRow[] = [
  {
    ...node('@anthropic-ai/sdk 0', 'anthropic-0'),
    ...{
      base: '',
      lost: '/v1/nowhere',
      acts: ['list', ...wordless],
      raises: sdkErrors,
      shows: ['status', 'message'],
    },
  },
  {
    ...node('AI SDK, anthropic', 'ai-sdk-anthropic'),
    ...{ base: '', lost: '/v1/nowhere', acts: wordless, raises: callError, shows: text },
  },
  {
    ...node('LangChain, anthropic', 'langchain-anthropic'),
    ...{ base: '', lost: '/v1/nowhere', acts: wordless, raises: sdkErrors, shows: text },
  },
  {
    ...{ name: 'anthropic (Python)', kind: 'python', file: 'use_anthropic.py' },
    ...{
      base: '',
      lost: '/v1/nowhere',
      acts: ['list', ...wordless],
      raises: sdkErrors,
      shows: ['status', 'message'],
    },
  },
]

export const ollamaRows: readonly ClientRow[] = [
  {
    ...node('AI SDK, ollama', 'ai-sdk-ollama'),
    ...{ base: '', lost: '/api/nowhere', acts: unlisted, raises: callError, shows: ['status'] },
  },
  {
    ...node('LangChain, ollama', 'langchain-ollama'),
    ...{ base: '', lost: '/api/nowhere', acts: unlisted, raises: responseError, shows: text },
  },
  {
    ...{ name: 'ollama (Python)', kind: 'python', file: 'use_ollama.py' },
    ...{ base: '', lost: '/api/nowhere', acts: everything, raises: responseError, shows: text },
  },
  {
    ...{ name: 'litellm (Python), ollama_chat/', kind: 'litellm', file: 'use_litellm.py' },
    ...{ base: '', lost: '/api/nowhere', modelPrefix: 'ollama_chat/', acts: wordless },
    ...{ raises: sdkErrors, shows: text },
  },
]
