/**
 * The process: its environment, and what of it takes long to load. The journal's thread would take
 * its time after everything else, so it is started before, and both load side by side.
 */
import { finishLoading } from './lib/load/finish-loading.ts'
import { startJournalThread } from './usage/journal/sqlite/journal-thread.ts'

const journalThread = startJournalThread()
const { serve } = await import('./app/serve.ts')
await serve({ env: process.env, journalThread })
finishLoading()
