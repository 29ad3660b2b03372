/**
 * What goes to a provider and what comes back. The gatekeeper calls it with a key of an account:
 * a caller must not choose a part of that account, nor learn anything about it.
 */
import { createHmac } from 'node:crypto'
import type { Fields } from '../lib/net/fields.ts'
import { keyFieldsOf, type Provider } from '../model/provider.ts'

/**
 * The fields of a request that go on. All others stay here: credentials in any spelling, names of
 * users and addresses that proxies add, and whatever chooses a part of the account.
 */
const sent = new Set([
  ...['accept', 'accept-language', 'content-type', 'user-agent'],
  ...['anthropic-version', 'anthropic-beta', 'openai-beta', 'x-goog-api-client'],
])
const isSent = (name: string) => sent.has(name) || name.startsWith('x-stainless-')

/** Returns the fields that a provider gets: some of the caller's, and its key. */
export function providerFields(
  provider: Provider,
  key: string,
  { client, principalId }: { readonly client: Fields; readonly principalId: string },
): Record<string, string> {
  const own = Object.entries(client).flatMap(([name, values = []]) =>
    isSent(name) && values.length > 0 ? [[name, values.join(', ')] as const] : [],
  )
  const idempotency = client['idempotency-key']?.[0]
  return {
    ...provider.usualFields,
    ...Object.fromEntries(own),
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
