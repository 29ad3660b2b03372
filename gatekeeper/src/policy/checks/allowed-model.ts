import { principalOf } from '../caller.ts'
import type { Check } from '../decision.ts'

/**
 * Every model that the request names must be one of the key's; a request that should name one and
 * does not is refused too, since the upstream would choose. Unknown and not allowed look the same.
 */
export const allowedModel: Check = {
  name: 'allowed-model',
  needs: 'body',
  examine: ({ facts, caller, body }) => {
    const { models } = principalOf(caller)
    if (models.length === 0 || facts.endpoint?.model.in === 'none') return null
    const named = body?.models ?? []
    const allowed = body?.allowedModels ?? []
    const isAllowed = named.length > 0 && named.every((model) => allowed.includes(model))
    return isAllowed ? null : 'model-not-allowed'
  },
}
