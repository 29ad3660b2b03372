import type { Check } from '../../model/decision.ts'

/** Refuses a body that the upstream could read differently. */
export const wellFormedBody: Check = {
  name: 'well-formed-body',
  examine: ({ body }) => (body === null ? 'check-failed' : body.defect),
  describe: ({ body }) => body?.detail ?? null,
}
