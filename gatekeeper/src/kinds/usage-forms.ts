import type { Figure, Place, UsageForm } from '../model/usage-form.ts'

// Counts in streams are cumulative (Anthropic, Gemini) or come once, at the end. Anthropic counts
// cached input beside `input_tokens`, OpenAI within it. Gemini, xAI and Perplexity count thoughts beside
// the output, OpenAI within it.

export const openaiUsage: UsageForm = {
  name: 'openai',
  figures: [
    [['usage', 'prompt_tokens'], 'input'],
    [['usage', 'completion_tokens'], 'output'],
    ...within(['usage', 'prompt_tokens_details']),
    // As LiteLLM has it for Anthropic's models.
    [['usage', 'cache_creation_input_tokens'], 'within-written'],
    // Images and transcriptions.
    [['usage', 'input_tokens'], 'input'],
    [['usage', 'output_tokens'], 'output'],
    // Reranking, as Cohere has it.
    [['meta', 'tokens', 'input_tokens'], 'input'],
    [['meta', 'tokens', 'output_tokens'], 'output'],
  ],
  models: [['model']],
  // Read as JSON, `data: [DONE]` is an array of one word.
  ending: { place: [], values: ['DONE'] },
  isAskedFor: true,
}

/** The same at a provider that puts it into every stream, and refuses to be asked for it. */
const { isAskedFor: _, ...unasked } = openaiUsage
export const unaskedUsage: UsageForm = { ...unasked, name: 'openai, unasked' }

/** xAI counts reasoning beside the output. */
export const xaiUsage: UsageForm = {
  ...openaiUsage,
  name: 'xai',
  figures: [
    ...openaiUsage.figures,
    [['usage', 'completion_tokens_details', 'reasoning_tokens'], 'output-thoughts'],
  ],
}

/** Perplexity counts reasoning beside the output, and tells the cost, which has its searches too. */
export const perplexityUsage: UsageForm = {
  ...unaskedUsage,
  name: 'perplexity',
  figures: [...openaiUsage.figures, [['usage', 'reasoning_tokens'], 'output-thoughts']],
  cost: ['usage', 'cost', 'total_cost'],
}

/** OpenRouter sells the models of many, and tells what it charged. */
export const openrouterUsage: UsageForm = {
  ...openaiUsage,
  name: 'openrouter',
  cost: ['usage', 'cost'],
}

/** Groq tells the usage of a stream in a member of its own. */
export const groqUsage: UsageForm = {
  ...unaskedUsage,
  name: 'groq',
  figures: [
    ...openaiUsage.figures,
    [['x_groq', 'usage', 'prompt_tokens'], 'input'],
    [['x_groq', 'usage', 'completion_tokens'], 'output'],
  ],
}

export const responsesUsage: UsageForm = {
  name: 'responses',
  figures: [
    [['usage', 'input_tokens'], 'input'],
    [['usage', 'output_tokens'], 'output'],
    [['response', 'usage', 'input_tokens'], 'input'],
    [['response', 'usage', 'output_tokens'], 'output'],
    ...within(['usage', 'input_tokens_details']),
    ...within(['response', 'usage', 'input_tokens_details']),
  ],
  models: [['model'], ['response', 'model']],
  ids: [['id'], ['response', 'id']],
  // Whole, as one item of a stream, and in the last event of a stream.
  items: [
    ['output', 'id'],
    ['item', 'id'],
    ['response', 'output', 'id'],
  ],
  ending: {
    place: ['type'],
    values: ['response.completed', 'response.incomplete', 'response.failed'],
  },
}

export const anthropicUsage: UsageForm = {
  name: 'anthropic',
  figures: [
    ...anthropicFigures(['message', 'usage']),
    // In `message_delta`, and in an answer that is not streamed.
    ...anthropicFigures(['usage']),
  ],
  models: [['model'], ['message', 'model']],
  ending: { place: ['type'], values: ['message_stop'] },
}

export const geminiUsage: UsageForm = {
  name: 'gemini',
  figures: [
    [['usageMetadata', 'promptTokenCount'], 'input'],
    [['usageMetadata', 'toolUsePromptTokenCount'], 'input-tools'],
    [['usageMetadata', 'candidatesTokenCount'], 'output'],
    [['usageMetadata', 'thoughtsTokenCount'], 'output-thoughts'],
    [['usageMetadata', 'cachedContentTokenCount'], 'within-read'],
  ],
  models: [['modelVersion']],
  ending: null,
}

function anthropicFigures(usage: Place): (readonly [Place, Figure])[] {
  return [
    [[...usage, 'input_tokens'], 'input'],
    [[...usage, 'cache_creation_input_tokens'], 'input-written'],
    [[...usage, 'cache_read_input_tokens'], 'input-read'],
    [[...usage, 'cache_creation', 'ephemeral_1h_input_tokens'], 'within-hour'],
    [[...usage, 'output_tokens'], 'output'],
  ]
}

/** What OpenAI's form says of the input from and to a cache. */
function within(details: Place): (readonly [Place, Figure])[] {
  return [
    [[...details, 'cached_tokens'], 'within-read'],
    [[...details, 'cache_write_tokens'], 'within-written'],
  ]
}
