import type { Check } from '../../model/decision.ts'

/** Refuses what two readers could understand differently, before anything else is looked at. */
export const wellFormedHead: Check = {
  name: 'well-formed-head',
  needs: 'head',
  examine: ({ facts }) => facts.defect,
  describe: ({ facts }) => facts.detail ?? null,
}
