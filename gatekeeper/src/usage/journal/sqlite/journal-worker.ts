/**
 * The thread that owns the journal's database. Orders are carried out one after the other; a
 * failure is an answer, and the database is opened again for the next order.
 */
import { type MessagePort, parentPort } from 'node:worker_threads'
import type { ProcessLock } from '../../../lib/files/process-lock.ts'
import { finishLoading } from '../../../lib/load/finish-loading.ts'
import type { Operation } from '../operation.ts'
import { holdAlone } from './hold-alone.ts'
import { loadUsage, readBalancesOf } from './load-usage.ts'
import { closeDatabase, openUsageDatabase, type UsageDatabase } from './open-database.ts'
import type { Order, Question, Reply, Values } from './orders.ts'
import { prune } from './prune.ts'
import { isRefusal, toProblem } from './store-fault.ts'
import { inTransaction } from './transaction.ts'
import { writeBatch } from './write-batch.ts'

const port = parentPort as MessagePort

/** Only a checkpoint waits for the disk, so a power cut loses no more than this. */
const checkpointMs = 1000

let path: string | null = null
let lock: ProcessLock | null = null
let isFirst = true
let opened: UsageDatabase | null = null
let checkpoint: NodeJS.Timeout | null = null
let last: Promise<void> = Promise.resolve()

port.on('message', (text: string) => {
  last = last.then(() => answer(JSON.parse(text) as Question))
})

async function answer({ number, order }: Question): Promise<void> {
  try {
    const reply: Reply = { number, value: await execute(order) }
    port.postMessage(reply)
  } catch (error) {
    const reply: Reply = { number, problem: toProblem(path ?? 'the usage journal', error) }
    await release()
    port.postMessage(reply)
  }
}

async function execute(order: Order): Promise<Values[Order['kind']]> {
  if (order.kind === 'close') return await end()
  if (order.kind === 'load') path = order.path
  if (path === null) throw new Error('its first order names no database')
  lock ??= await holdAlone(`${path}.lock`)
  opened ??= await openUsageDatabase(path, isFirst)
  isFirst = false
  const into = opened
  switch (order.kind) {
    case 'load':
      // After the answer that the start waits for.
      setImmediate(finishLoading)
      return await inTransaction(into, () => loadUsage(into, order.now))
    case 'read':
      return await readBalancesOf(into.queries, order)
    case 'prune':
      return await inTransaction(into, () => prune(into.queries, order))
    case 'write':
      checkpoint ??= setTimeout(writeThrough, checkpointMs)
      return await writeOrSplit(into, order.operations, 0)
  }
}

/**
 * Writes the operations in one transaction. An operation that no database accepts must not block
 * all others forever: it is found by bisection. Returns the indexes of such operations, counted
 * from `from`.
 */
async function writeOrSplit(
  into: UsageDatabase,
  operations: readonly Operation[],
  from: number,
): Promise<number[]> {
  try {
    await inTransaction(into, () => writeBatch(into, operations))
    return []
  } catch (error) {
    if (!isRefusal(error)) throw error
    if (operations.length === 1) return [from]
    const half = Math.ceil(operations.length / 2)
    return [
      ...(await writeOrSplit(into, operations.slice(0, half), from)),
      ...(await writeOrSplit(into, operations.slice(half), from + half)),
    ]
  }
}

/** Between two orders: a checkpoint within a transaction is refused. */
function writeThrough(): void {
  checkpoint = null
  last = last.then(() => {
    try {
      opened?.database.exec('PRAGMA wal_checkpoint(PASSIVE)')
    } catch {
      // The disk is full: the next write reports it to a caller that can react.
    }
  })
}

async function end(): Promise<null> {
  await release()
  lock?.release()
  lock = null
  return null
}

async function release(): Promise<void> {
  if (checkpoint !== null) clearTimeout(checkpoint)
  checkpoint = null
  const held = opened
  opened = null
  if (held !== null) await closeDatabase(held)
}
