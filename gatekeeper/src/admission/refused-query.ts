import { isModelField, isRefusedQueryField } from '../kinds/refused-members.ts'
import type { Detail } from '../model/detail.ts'
import type { Located } from './request-target.ts'

/** Names that a refusal may repeat. */
const knownFields = ['alt', 'key', 'fields', 'api_key', 'access_token', 'token']

/** Says which field of the query callers may not set; null if there is none. */
export function findRefusedQuery(method: string, { match, target }: Located): Detail | null {
  const query = target?.query ?? ''
  if (query === '' || match === null) return null
  // Some parsers also end a field at a semicolon, and some take `a[]` for a list named `a`.
  const fields = new URLSearchParams(query.replaceAll(';', '&'))
  const names = [...fields.keys()]
    .map((key) => key.split('[', 1)[0] ?? '')
    // The adapter reads this one, and does not send it on.
    .filter((name) => name !== 'endpoint' || !match.route.adapter || method !== 'GET')
  const { kind } = match.service
  // Another form of the answer could not be read, and its usage not counted.
  const isOddForm = () => fields.getAll('alt').some((form) => form !== 'sse' && form !== 'json')
  const found = names.find((one) => isRefusedQueryField(kind, one))
  const name = found ?? (kind.provider && isOddForm() ? 'alt' : undefined)
  if (name === undefined) return null
  // Another text of the client could be anything, a key too.
  const param = isModelField(name)
    ? name.toLowerCase()
    : (knownFields.find((one) => one === name) ?? '…')
  const advice = isModelField(name)
    ? 'name the model in the body'
    : 'keys belong in the Authorization field, and few other fields go to a provider'
  return { text: `The query field "${param}" may not be set by callers: ${advice}.`, param }
}
