import type { Admission } from '../model/admission.ts'

/** Returns the fields that tell a service who calls (docs/guides/adding-a-service.md). */
export function identityFields(admission: Admission): Record<string, string> {
  const { principal, facts } = admission
  return {
    'x-gatekeeper-user': encodeIdentity(principal.user),
    'x-gatekeeper-key-id': encodeIdentity(principal.id.replace(/^key:/, '')),
    'x-gatekeeper-role': principal.role,
    'x-gatekeeper-service': facts.service?.name ?? '',
    'x-gatekeeper-request-id': encodeIdentity(facts.requestId),
  }
}

/** Percent-encodes all but `[A-Za-z0-9._@-]`, so that no value can end or repeat a field. */
export function encodeIdentity(text: string): string {
  if (/^[A-Za-z0-9._@-]*$/.test(text)) return text
  return encodeURIComponent(text.toWellFormed())
    .replace(/%40/g, '@')
    .replace(/[!~*'()]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`)
}
