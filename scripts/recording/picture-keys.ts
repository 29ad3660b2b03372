/** The keys of the pictures. */

type Use = {
  readonly service: string
  readonly model: string | null
  readonly endpoint: string
}

export type NewKey = {
  readonly user: string
  /** Words for `npm run keys -- add`. */
  readonly words: readonly string[]
  /** How much of the traffic is its. */
  readonly share: number
  readonly uses: readonly Use[]
  readonly isProgram?: true
  readonly isDisabled?: true
}

export type PictureKey = NewKey & { readonly id: string; readonly secret: string }

const llama = { service: 'ollama', model: 'llama3.2', endpoint: '/api/chat' }
const qwen = { service: 'ollama', model: 'qwen3:32b', endpoint: '/v1/chat/completions' }
const gpt = { service: 'openai', model: 'gpt-5-mini', endpoint: '/v1/chat/completions' }
const whisper = { service: 'whisper', model: null, endpoint: '/v1/audio/transcriptions' }
const tts = { service: 'tts', model: null, endpoint: '/v1/audio/speech' }

const words = (services: string, description: string, ...more: readonly string[]) => [
  ...['--service', services, '--description', description, ...more],
]

export const newKeys: readonly NewKey[] = [
  {
    user: 'open-webui',
    share: 0.4,
    uses: [llama, qwen, gpt],
    words: words('ollama,openai', 'chat for everybody', '--limit', '600k-tokens/day'),
  },
  {
    user: 'home-assistant',
    share: 0.22,
    isProgram: true,
    uses: [llama, whisper, tts],
    words: words('ollama,whisper,tts', 'voice in the kitchen', '--limit', '300/day'),
  },
  {
    user: 'ada',
    share: 0.14,
    uses: [gpt, qwen],
    words: words('ollama,openai', 'laptop', '--limit', '3usd/month', '--expires', '80d'),
  },
  {
    user: 'grace',
    share: 0.12,
    uses: [qwen],
    words: words('ollama', 'notebooks', '--limit', '130k-tokens/day', '--expires', '9d'),
  },
  {
    user: 'paperless',
    share: 0.12,
    isProgram: true,
    uses: [llama],
    words: words('ollama', 'titles of scans', '--model', 'llama3.2', '--limit', '200k-tokens/day'),
  },
  { user: 'wall-display', share: 0, uses: [], words: words('ollama', 'in the hall') },
  { user: 'guest', share: 0, uses: [], isDisabled: true, words: words('ollama', 'for visitors') },
]
