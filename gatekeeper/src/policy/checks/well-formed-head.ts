import type { Check, FactsQuestion } from '../../model/decision.ts'

/** Refuses a head that two parsers could understand differently, before all other checks. */
export const wellFormedHead: Check<FactsQuestion> = {
  name: 'well-formed-head',
  examine: ({ facts }) => facts.defect,
  describe: ({ facts }) => facts.detail ?? null,
}
