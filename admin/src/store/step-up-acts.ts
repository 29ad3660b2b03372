/** Acts that need a proof of their own, made for this act alone (E3). */
export const stepUpActs = [
  'passkey.add',
  'passkey.remove',
  'person.invite',
  'person.role',
  'client.control',
  'provider_key.set',
  'guardrail.off',
  'audit.export',
  'data.export',
  'data.erase',
] as const
export type StepUpAct = (typeof stepUpActs)[number]
