import { estimateInput } from '../../admission/estimate.ts'
import { noBody } from '../../model/facts.ts'
import { jsonAnswer } from '../send.ts'
import type { OwnEndpoints } from '../serve/own.ts'

/** Anthropic's token count of a prompt, from our own estimate: Ollama has no such endpoint. */
export const countTokensEndpoints: OwnEndpoints = {
  '/v1/messages/count_tokens': ({ asked }) =>
    jsonAnswer(200, { input_tokens: Math.max(1, estimateInput(asked ?? noBody)) }),
}
