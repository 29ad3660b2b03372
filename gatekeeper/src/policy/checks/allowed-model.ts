import type { Check } from '../../model/decision.ts'
import { nobodysModel } from '../../model/endpoint.ts'
import { describeMissingModel } from '../../model/missing-model.ts'
import { isModelLimited, lineageOf } from '../../model/principal.ts'
import { ofCaller, ofModels } from '../written-places.ts'

/**
 * Every model that the request names must be one of the key's. A request that should name one and
 * does not is refused too, because the upstream would choose. An unknown model, one that is not
 * allowed, and one at the vendor without that right get the same answer.
 */
export const allowedModel: Check = {
  name: 'allowed-model',
  examine: ({ facts, principal, body }) => {
    if (facts.endpoint?.model.in === 'none' || body?.isOnItsWay) return null
    const named = body?.models ?? []
    if (principal.cloudModels !== true && (body?.cloudModels.length ?? 0) > 0)
      return 'model-not-allowed'
    // A value that is not a string is never an allowed model, whatever the upstream makes of it.
    if (named.includes(nobodysModel)) return 'model-not-allowed'
    if (!isModelLimited(principal)) return null
    const granted = body?.grantedModels ?? []
    const isAllowed = named.length > 0 && named.every((model) => granted.includes(model))
    return isAllowed ? null : 'model-not-allowed'
  },
  describe: ({ facts, body }) => describeMissingModel(facts, body),
  oblige: ({ facts, principal }) => {
    const mayUseCloud = lineageOf(principal).every(({ cloudModels }) => cloudModels === true)
    const isCloudHidden = facts.service?.kind.modelNames !== undefined && !mayUseCloud
    const isList = facts.endpoint?.listsModels
    return isList && (isModelLimited(principal) || isCloudHidden) ? { kind: 'filter-models' } : null
  },
  written: ({ principal }) =>
    isModelLimited(principal) ? ofModels(principal) : ofCaller(principal, 'cloudModels'),
}
