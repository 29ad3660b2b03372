import { formatInstant } from '../../gatekeeper/src/lib/instant.ts'
import { isActiveClient } from '../../gatekeeper/src/oauth/client.ts'
import { stateOf, viewKey } from '../../gatekeeper/src/operations/keys/key-view.ts'
import {
  type Rights,
  readRights,
  recordReview,
} from '../../gatekeeper/src/operations/keys/rights.ts'
import { viewPerson } from '../../gatekeeper/src/operations/people/read-people.ts'
import { formatTable } from '../frame/table.ts'
import { hasFlag, refusePositionals } from '../frame/words.ts'
import { tableOfPeople } from '../people/list.ts'
import type { KeyCommand } from './context.ts'
import { servicesOf, showInstant } from './describe-key.ts'

export const review: KeyCommand = {
  summary: 'list all keys, clients, people and their rights, for a regular review',
  usage: '[--done]',
  options: { done: { type: 'boolean' } },
  help: [
    '--done   record in the audit that they were reviewed, by this system user',
    'reviewEvery in gatekeeper.yaml says how often (90d); npm run doctor reports a review that is due.',
  ],
  run: async (words, context) => {
    refusePositionals(words)
    const rights = await readRights(context)
    const isDone = hasFlag(words, 'done')
    if (isDone) await recordReview(rights, context)
    return {
      json: { ...toJson(rights, context.clock()), done: isDone },
      notes: rights.problem === null ? [] : [`last uses are unknown: ${rights.problem}`],
      lines: isDone ? [describeDone(rights)] : toLines(rights, context.clock()),
    }
  },
}

function describeDone({ keys, clients, people }: Rights): string {
  const ofPeople = people.length > 0 ? `, of ${people.length} people,` : ''
  return `Recorded: ${keys.length} keys and ${clients.length} clients${ofPeople} were reviewed.`
}

function toLines({ keys, clients, people, lastReview }: Rights, now: number): string[] {
  const heading = ['KEY OR CLIENT', 'USER', 'ROLE', 'SERVICES', 'MODELS', 'STATE', 'EXPIRES']
  const list = (entries: readonly string[]) => entries.join(', ')
  const rows = [
    ...keys.map((key) => [
      ...[key.id, key.user, key.role, list(servicesOf(key)), list(key.models) || 'any'],
      ...[stateOf(key, now), showInstant(key.expiresAt), showInstant(key.lastUsedAt)],
      ...[list(key.limits.map(({ text }) => text)), list(key.tags)],
    ]),
    ...clients.map((client) => [
      ...[`client:${client.id}`, '', client.role, list(client.services)],
      ...[list(client.models) || 'any', isActiveClient(client, now) ? 'active' : 'inactive'],
      ...[showInstant(client.expiresAt), showInstant(client.lastUsedAt)],
      ...[list(client.limits.map(({ text }) => text)), ''],
    ]),
  ]
  const who = lastReview?.by == null ? '' : ` by ${lastReview.by}`
  return [
    `Last review: ${lastReview === null ? 'never' : `${lastReview.at}${who}`}`,
    '',
    ...formatTable([[...heading, 'LAST USED', 'LIMITS', 'TAGS'], ...rows]),
    ...(people.length === 0 ? [] : ['', ...tableOfPeople(people)]),
    '',
    'Remove or narrow what nobody needs, then: npm run keys -- review --done',
  ]
}

function toJson({ keys, clients, people, lastReview }: Rights, now: number) {
  const instant = (at: number | null) => (at === null ? null : formatInstant(at))
  return {
    lastReview,
    people: people.map(({ person, lastUsedAt }) => ({
      ...viewPerson(person),
      lastUsedAt: instant(lastUsedAt),
    })),
    keys: keys.map((key) => ({ ...viewKey(key, now), lastUsedAt: instant(key.lastUsedAt) })),
    clients: clients.map(({ id, role, services, scopes, models, limits, ...client }) => ({
      ...{ id, role, services, scopes, models, limits: limits.map(({ text }) => text) },
      ...{ disabled: client.disabled, expiresAt: instant(client.expiresAt) },
      lastUsedAt: instant(client.lastUsedAt),
    })),
  }
}
