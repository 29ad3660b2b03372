import type { Detail } from './detail.ts'
import type { BodyFacts, RequestFacts } from './facts.ts'

/**
 * Describes the refusal of a model that the caller may not use or that does not exist: the same
 * text for both, in the form that the client knows. Null if the name may not be repeated.
 */
export function describeMissingModel(
  { endpoint }: Pick<RequestFacts, 'endpoint'>,
  body: Pick<BodyFacts, 'models' | 'shownModel' | 'isOnItsWay'> | null,
): Detail | null {
  const isUnnamed = body !== null && body.models.length === 0 && !body.isOnItsWay
  if (isUnnamed) return { text: unnamed, param: 'model' }
  const name = body?.shownModel ?? null
  if (name === null) return null
  const text =
    endpoint?.dialect === 'ollama'
      ? `model '${name}' not found`
      : `The model '${name}' does not exist or you do not have access to it.`
  return { text, param: 'model' }
}

const unnamed =
  'The request does not name a model, and your key may use only certain models. Name one of them.'
