/**
 * Errors of the domain chat: `{error, error_description}`, as its clients know them. Only here does
 * a 401 name its cause: the client holds the credential, so the cause reveals nothing.
 */
import type { Detail } from '../model/detail.ts'
import type { RequestFacts } from '../model/facts.ts'
import { type Reason, reasonRow } from '../model/reason.ts'

type About = {
  readonly facts: RequestFacts | null
  readonly requestId: string
  readonly detail: Detail | null
}

/** Texts of this dialect; all other reasons have their usual text. */
const texts: Readonly<Partial<Record<Reason, string>>> = {
  'no-credential':
    'The Authorization field is missing: send Bearer and an access token or API key.',
  'wrong-scheme': 'The Authorization field has the wrong scheme: only Bearer is accepted.',
  'token-expired': 'The access token has expired.',
  'token-not-yet-valid': 'The access token is not valid yet.',
  'token-signature': 'The signature of the access token is not valid.',
}

/** Returns the body of a refusal. */
export function chatError(reason: Reason, { facts, requestId, detail }: About): object {
  const row = reasonRow(reason)
  const named = reason === 'unknown-query' && facts !== null ? nameUnknown(facts) : null
  const description = named ?? detail?.text ?? texts[reason] ?? row.text
  if (row.status === 401) return { error: 'unauthorized', error_description: description }
  return { error: row.code, error_description: description, request_id: requestId }
}

const namedMax = 10
const charsMax = 120

/** Returns the unknown query keys, shortened; a credential among them was refused earlier. */
function nameUnknown({ unknown = [] }: RequestFacts): string | null {
  if (unknown.length === 0) return null
  const shown = unknown.slice(0, namedMax).map((name) => name.slice(0, charsMax).toWellFormed())
  return `The query contains unknown names or values: ${shown.join(', ')}.`
}
