/**
 * What goes to a provider and what comes back. The gatekeeper calls it with a key of an account:
 * a caller must not choose a part of that account, nor learn anything about it.
 */
import { createHmac } from 'node:crypto'
import type { Fields } from '../lib/net/fields.ts'
import type { Admission } from '../model/admission.ts'
import { keyFieldsOf, type Provider } from '../model/provider.ts'

/** Returns the fields that a provider gets from us, in place of the caller's own of these names. */
export function providerFields(
  provider: Provider,
  key: string,
  { client, principalId }: { readonly client: Fields; readonly principalId: string },
): Record<string, string> {
  const usual = Object.entries(provider.usualFields ?? {}).filter(([name]) => !client[name])
  const idempotency = client['idempotency-key']?.[0]
  return {
    ...Object.fromEntries(usual),
    ...keyFieldsOf(provider, key),
    // To the provider all callers are one customer: with a key of another caller one would get that
    // caller's answer.
    ...(idempotency !== undefined && {
      'idempotency-key': createHmac('sha256', principalId).update(idempotency).digest('base64url'),
    }),
  }
}

/** The fields of an answer that pass. Organisation, project and rate fields stay inside. */
const passing = new Set([
  ...['content-type', 'content-length', 'content-disposition', 'cache-control'],
  ...['retry-after', 'retry-after-ms', 'request-id'],
])

/** Returns whether a client may see a field of a provider's answer. */
export function isPassingField(name: string): boolean {
  return passing.has(name)
}

/** Returns whether the service of a request is a provider. */
export function providerOf({ facts }: Admission): Provider | null {
  return facts.service?.kind.provider ?? null
}
