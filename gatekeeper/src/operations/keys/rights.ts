import type { KeyRecord } from '../../api-keys/key-record.ts'
import { readLastReview } from '../audit/last-review.ts'
import { type KnownClient, readEveryClient } from '../clients/read-clients.ts'
import type { Installation } from '../installation.ts'
import { readPeople } from '../people/people-writer.ts'
import { type PersonView, viewPeople } from '../people/read-people.ts'
import { readEveryKey, readUses } from './read-keys.ts'

/** Everybody who may call something: the subject of a review. */
export type Rights = {
  readonly keys: readonly (KeyRecord & { readonly lastUsedAt: number | null })[]
  readonly clients: readonly (KnownClient & { readonly lastUsedAt: number | null })[]
  readonly people: readonly PersonView[]
  /** The last review; null if none is recorded. `by` is a principal, or the system user. */
  readonly lastReview: { readonly at: string; readonly by: string | null } | null
  /** Why last uses are unknown; null if they are known. */
  readonly problem: string | null
}

/** Reads all keys, clients and people with their last use. Rejects if a file cannot be read. */
export async function readRights(installation: Installation): Promise<Rights> {
  const { lastUsed, problem } = await readUses(installation.stateDir, false)
  const withUse = <Holder extends { readonly id: string }>(
    kind: string,
    holders: readonly Holder[],
  ) =>
    holders.map((holder) => ({
      ...holder,
      lastUsedAt: lastUsed.get(`${kind}:${holder.id}`) ?? null,
    }))
  const review = await readLastReview(installation.auditFolder)
  const principal = typeof review?.['principal'] === 'string' ? review['principal'] : null
  const by = review?.['by'] as { readonly user?: string | null } | undefined
  const keys = withUse('key', await readEveryKey(installation))
  const clients = withUse('client', await readEveryClient(installation))
  const people = await readPeople(installation.peopleFile)
  return {
    ...{ keys, clients },
    people: viewPeople(people, { keys, clients, lastUsed }),
    lastReview: review && { at: review.at, by: principal ?? by?.user ?? null },
    problem,
  }
}

/** Records that these rights were reviewed. Rejects with an UnrecordedError. */
export async function recordReview(
  { keys, clients, people }: Rights,
  { record }: Pick<Installation, 'record'>,
): Promise<void> {
  const counts = { keys: keys.length, clients: clients.length }
  const ofPeople = people.length > 0 && { people: people.length }
  await record([{ event: 'review.done', ...counts, ...ofPeople }])
}
