import type { Check } from '../../model/decision.ts'

/** Refuses a head that two parsers could understand differently, before all other checks. */
export const wellFormedHead: Check = {
  name: 'well-formed-head',
  needs: 'head',
  examine: ({ facts }) => facts.defect,
  describe: ({ facts }) => facts.detail ?? null,
}
