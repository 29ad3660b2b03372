import { describeJournal, type JournalPlace } from '../../../test/support/describe-journal.ts'
import { createMemoryJournal, createMemoryStore, type MemoryStore } from './memory-journal.ts'

const makePlace = (): JournalPlace => {
  let store = createMemoryStore()
  const copy = ({ records, balances, open }: MemoryStore): MemoryStore => ({
    records: [...records],
    balances: new Map(balances),
    open: new Map(open),
  })
  return {
    start: () => createMemoryJournal(store),
    crash: () => {
      store = copy(store)
    },
    records: async () => store.records,
    remove: async () => {},
  }
}

describeJournal('memory', makePlace, { numRuns: 200 })
