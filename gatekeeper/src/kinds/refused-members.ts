import { isOpaque, type Kind } from '../model/kind.ts'

/** What refused members could do at most servers. */
export const otherEffects = 'it could change the requests of other callers'

/** Whether callers may not set this top-level member of a body. `folded` is its case-folded name. */
export function isRefusedMember({ refusedMembers }: Kind, folded: string): boolean {
  return refusedMembers?.isRefused(folded) === true
}

/** Members in which the upstream reads what it lets callers set a second time. */
export function nestedMembers({ refusedMembers }: Kind): readonly string[] {
  return refusedMembers?.nestedIn ?? []
}

/** Whether callers may not set this member of one of those. */
export function isRefusedNested(kind: Kind, folded: string): boolean {
  return kind.refusedMembers?.isRefusedNested?.(folded) ?? isRefusedMember(kind, folded)
}

/** Returns the text of a refusal; `path` has names in their folded form. */
export function describeRefused(kind: Kind, path: readonly string[], what = 'member') {
  // A name with a refused prefix is the client's text, and could be anything.
  const param = path.map((name) => (/^[a-z0-9_]{1,40}$/.test(name) ? name : '…')).join('.')
  const why = kind.refusedMembers?.why ?? otherEffects
  return { text: `The ${what} "${param}" may not be set by callers: ${why}.`, param }
}

/** Whether a text in this member could be the id of an object of the account. */
export function isAccountMember({ accountMembers }: Kind, name: string, outer = ''): boolean {
  if (accountMembers === undefined) return false
  return accountMembers.has(name) || (name === 'id' && accountMembers.has(`${outer}.id`))
}

/** Whether a text is the address of something elsewhere, and not at the provider. */
export function isElsewhere({ provider }: Kind, text: string): boolean {
  if (!/^https?:/i.test(text) || !URL.canParse(text) || provider === undefined) return false
  const domain = new URL(provider.base).hostname.split('.').slice(-2).join('.')
  const { hostname } = new URL(text)
  return hostname !== domain && !hostname.endsWith(`.${domain}`)
}

/** Returns the text of a refusal of such a member. */
export function describeAccountMember(param: string) {
  const text = `The member "${param}" may not be set by callers: it could reach an object of the provider's account that belongs to another caller. Send the content itself.`
  return { text, param }
}

/** Query fields that name a model: they would win over the body or form that was checked. */
const modelQueryFields = new Set(['model', 'target_model_names'])

/**
 * Query fields that go to providers: paging, and how Gemini streams. Others can carry a key, choose
 * an account, another method, or leave the usage out of the answer.
 */
const providerQueryFields = new Set([
  ...['alt', 'pageSize', 'pageToken', 'limit', 'after', 'after_id', 'before_id', 'order', 'beta'],
])

/** Whether a query field names a model. */
export const isModelField = (name: string) => modelQueryFields.has(name.toLowerCase())

/** Whether callers may not set this query field of a service. */
export function isRefusedQueryField(kind: Kind, name: string): boolean {
  if (isOpaque(kind) || kind.takesModelInQuery) return false
  return kind.provider === undefined ? isModelField(name) : !providerQueryFields.has(name)
}
