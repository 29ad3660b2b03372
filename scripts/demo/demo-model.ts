/** What the demonstration knows and says: one model that is none, and one fixed sentence. */

export const demoModel = 'demo:latest'

export const demoText =
  'This is a demonstration, not a model: your request went through Gatekeeper and reached its demo ' +
  'upstream. Set OLLAMA_URL to the address of a real model server to talk to a model.'

/** When the demonstration's model was "made"; fixed, so that answers are the same every time. */
export const demoModelMadeAt = Date.UTC(2026, 0, 1)

/** Ollama takes `demo` for `demo:latest`. */
export function isDemoModel(name: unknown): boolean {
  return name === demoModel || name === demoModel.split(':')[0]
}

/** What a request asks the demonstration to say: the parts, as a model's tokens would come. */
export type Speech = {
  readonly parts: readonly string[]
  readonly isCut: boolean
  readonly promptTokens: number
}

/** `prompt` is counted in words; `partsMax` is num_predict or max_tokens. */
export function composeSpeech(prompt: unknown, partsMax: unknown): Speech {
  const parts = demoText.match(/\S+\s*/g) ?? []
  const isLimited = typeof partsMax === 'number' && partsMax >= 0 && partsMax < parts.length
  return {
    parts: isLimited ? parts.slice(0, partsMax) : parts,
    isCut: isLimited,
    promptTokens: countWords(prompt),
  }
}

function countWords(value: unknown): number {
  if (typeof value === 'string') return value.split(/\s+/).filter((word) => word !== '').length
  if (typeof value !== 'object' || value === null) return 0
  return Object.values(value).reduce<number>((sum, member) => sum + countWords(member), 0)
}
