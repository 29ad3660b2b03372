/** What a person types about a key, and what of it the API gets. */
import type { Key } from './keys.ts'

/** Lists as people type them: with commas or on lines of their own. */
export type KeyForm = {
  readonly user: string
  readonly description: string
  readonly services: readonly string[]
  readonly role: string
  readonly models: string
  readonly limits: string
  /** Days from now, `date`, `none`, or `keep` for the end that the key has. */
  readonly end: string
  readonly endDate: string
  readonly reason: string
  readonly addresses: string
  readonly origins: string
  readonly tags: string
  /** Empty for no team. */
  readonly team: string
}

export const emptyForm: KeyForm = {
  ...{ user: '', description: '', services: [], role: 'readwrite', models: '', limits: '' },
  // An end is proposed: a key that nobody needs any more must not work for ever.
  ...{ end: '90', endDate: '', reason: '', addresses: '', origins: '', tags: '', team: '' },
}

export function formOf(key: Key): KeyForm {
  return {
    ...{ user: key.user, description: key.description ?? '', role: key.role },
    services: [...key.services, ...key.unknownServices],
    ...{ models: join(key.models), limits: join(key.limits.map(({ text }) => text)) },
    ...{ end: 'keep', endDate: '', reason: key.noExpiryReason ?? '' },
    ...{ addresses: join(key.addresses), origins: join(key.origins), tags: join(key.tags) },
    team: key.team ?? '',
  }
}

const join = (list: readonly string[]) => list.join(', ')

/** Returns the entries of a list that a person typed. */
export function splitList(text: string): readonly string[] {
  const entries = text.split(/[,\n]/).map((entry) => entry.trim())
  return entries.filter((entry) => entry !== '')
}

/** Members of the body whose faults stand at a field. */
export const shownFields: readonly string[] = [
  ...['user', 'description', 'services', 'role', 'models', 'limits', 'expiresAt'],
  ...['noExpiryReason', 'addresses', 'origins', 'tags', 'team'],
]

const dayMs = 86_400_000

/** Returns the members that say when a key ends; none where it stays as it is. */
export function endOf(form: KeyForm, now: number): object {
  if (form.end === 'keep') return {}
  if (form.end === 'none') return { expiresAt: null, noExpiryReason: form.reason }
  if (form.end !== 'date') return { expiresAt: instant(now + Number(form.end) * dayMs) }
  // The whole day counts, where the person is.
  const at = Date.parse(`${form.endDate}T23:59:59`)
  return { expiresAt: Number.isNaN(at) ? form.endDate : instant(at) }
}

const instant = (at: number) => new Date(at).toISOString()

/** Returns the body that makes a key. */
export function toNewKey(form: KeyForm, now: number): object {
  const { user, description, services, role } = form
  return {
    ...(user.trim() !== '' && { user: user.trim() }),
    ...(description.trim() !== '' && { description: description.trim() }),
    ...{ services, role, ...endOf(form, now) },
    ...{ models: splitList(form.models), limits: splitList(form.limits) },
    ...{ addresses: splitList(form.addresses), origins: splitList(form.origins) },
    tags: splitList(form.tags),
    ...(form.team !== '' && { team: form.team }),
  }
}

/** Returns the members that a person changed, as a merge patch. */
export function toKeyChange(form: KeyForm, before: KeyForm, now: number): object {
  const changed: Record<string, unknown> = {}
  for (const name of ['user', 'role'] as const) {
    if (form[name] !== before[name]) changed[name] = form[name].trim()
  }
  if (form.description !== before.description) {
    changed['description'] = form.description.trim() === '' ? null : form.description.trim()
  }
  if (join(form.services) !== join(before.services)) changed['services'] = form.services
  for (const name of ['models', 'limits', 'addresses', 'origins', 'tags'] as const) {
    if (form[name] !== before[name]) changed[name] = splitList(form[name])
  }
  if (form.team !== before.team) changed['team'] = form.team === '' ? null : form.team
  return { ...changed, ...endOf(form, now) }
}

/** The command that makes the same key. */
export function commandFor(form: KeyForm): string {
  const words = ['npm run keys -- add']
  const add = (option: string, values: readonly string[]) => {
    for (const value of values) words.push(`${option} ${quote(value)}`)
  }
  add('-u', form.user.trim() === '' ? ['USER'] : [form.user.trim()])
  add('-s', form.services.length === 0 ? ['SERVICE'] : form.services)
  if (form.role !== 'readwrite') add('--role', [form.role])
  if (/^\d+$/.test(form.end)) add('-e', [`${form.end}d`])
  if (form.end === 'date' && form.endDate !== '') add('-e', [form.endDate])
  add('-d', form.description.trim() === '' ? [] : [form.description.trim()])
  add('--limit', splitList(form.limits))
  add('--model', splitList(form.models))
  add('--address', splitList(form.addresses))
  add('--origin', splitList(form.origins))
  add('--tag', splitList(form.tags))
  add('--team', form.team === '' ? [] : [form.team])
  return words.join(' ')
}

/** As a shell reads it. */
function quote(word: string): string {
  return /^[A-Za-z0-9_./:=@%+-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`
}
