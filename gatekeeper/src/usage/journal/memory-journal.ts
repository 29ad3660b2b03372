import { choosingOwnerOf } from '../../model/subject.ts'
import { addBalance, type BalanceMap } from './add-balance.ts'
import { bookInterrupted } from './book-interrupted.ts'
import type {
  LoadedUsage,
  OpenReservation,
  SettledRequest,
  UsageJournal,
  UsageRecord,
} from './usage-journal.ts'

/**
 * The store of a memory journal; two journals over one store simulate a process and its next start.
 */
export type MemoryStore = {
  readonly records: UsageRecord[]
  readonly balances: BalanceMap
  readonly open: Map<string, OpenReservation>
}

export function createMemoryStore(): MemoryStore {
  return { records: [], balances: new Map(), open: new Map() }
}

/** A journal that does not outlive its process: for tests, and for set-ups without state. */
export function createMemoryJournal(store: MemoryStore = createMemoryStore()): UsageJournal {
  const book = ({ record, charges }: Omit<SettledRequest, 'reservationId'>) => {
    store.records.push(record)
    for (const charge of charges) addBalance(store.balances, charge)
  }
  const load = (): LoadedUsage => {
    const left = [...store.open.values()]
    for (const reservation of left) book(bookInterrupted(reservation))
    store.open.clear()
    const balances = [...store.balances.values()].filter(
      ({ subject }) => choosingOwnerOf(subject) === null,
    )
    return { balances, interrupted: left.length }
  }
  return {
    load: async () => load(),
    balancesOf: async (subjects) =>
      [...store.balances.values()].filter(({ subject }) => subjects.includes(subject)),
    open: async (reservation) => {
      store.open.set(reservation.id, reservation)
      return 'open'
    },
    record: async (settled) => {
      if (settled.reservationId !== null) store.open.delete(settled.reservationId)
      book(settled)
      return 'durable'
    },
    rename: async (from, to) => {
      store.records.forEach((record, index) => {
        if (record.principalId !== from) return
        store.records[index] = { ...record, principalId: to, user: to }
      })
      return true
    },
    state: () => ({ status: 'healthy' }),
    close: async () => {},
  }
}
