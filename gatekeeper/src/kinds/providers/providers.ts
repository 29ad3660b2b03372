/** The one list of providers. A new one is a folder here, and a line in this list. */
import { claude } from './claude/claude.ts'
import { deepseek } from './deepseek/deepseek.ts'
import { fireworks } from './fireworks/fireworks.ts'
import { gemini } from './gemini/gemini.ts'
import { groq } from './groq/groq.ts'
import { mistral } from './mistral/mistral.ts'
import { openai } from './openai/openai.ts'
import { openrouter } from './openrouter/openrouter.ts'
import { perplexity } from './perplexity/perplexity.ts'
import type { ProviderKind } from './provider-kind.ts'
import { together } from './together/together.ts'
import { xai } from './xai/xai.ts'

/** Every provider whose API is known, those that are there as shipped first. */
export const providers: readonly ProviderKind[] = [
  openai,
  claude,
  gemini,
  groq,
  mistral,
  deepseek,
  openrouter,
  together,
  fireworks,
  perplexity,
  xai,
]
