/**
 * Decides what is recorded in which chain. Three chains, so that none can use up the disk of
 * another: `acts` (changes of keys and clients, starts, reloads; never removed), `requests-N` (of
 * known principals) and `strangers-N` (refusals of unknown callers, bounded). `acts` is shared with
 * the commands; each of the others belongs to one process, which holds a lock on its number.
 */
import { join } from 'node:path'
import { createOwnedFolder } from '../lib/files/create-owned.ts'
import { type ProcessLock, tryProcessLock } from '../lib/files/process-lock.ts'
import { formatInstant } from '../lib/instant.ts'
import { systemTimers } from '../lib/timers.ts'
import { actsRules } from './acts.ts'
import type { AuditFields } from './chain.ts'
import {
  type ChainRules,
  type ChainWriter,
  type ChainWriterDeps,
  openChain,
} from './chain-writer.ts'
import { createDenialBound, type DenialBound } from './denial-bound.ts'
import { openSubjects } from './subjects.ts'

/** `audit` of `gatekeeper.yaml`. */
export type AuditRules = {
  /** Which allowed requests are recorded. */
  readonly allowed: 'all' | 'sampled' | 'none'
  /** With sampling, one of how many allowed requests is recorded. */
  readonly sampleOf: number
  /** Whether requests are refused if they cannot be recorded. */
  readonly required: boolean
  readonly retainDays: number
  /**
   * The most bytes for requests of known principals; unknown callers get a quarter of it in
   * addition.
   */
  readonly bytesMax: number
}

/** The facts of a decided request that the audit needs. */
export type DecidedEvent = {
  /** Whether the credential was valid; then `fields` name its principal. */
  readonly isKnown: boolean
  readonly isAllowed: boolean
  /** Whether it changes what others use (class `manage`): these are always recorded. */
  readonly isAct: boolean
  /** The reason by which refusals are counted. */
  readonly reason: string
  readonly addressGroup: string
}

export type Auditor = {
  /**
   * Records a decided request by the rules; never throws, and never waits. `describe` returns the
   * record, which contains only loggable members, and is only called if it is needed.
   */
  readonly recordDecision: (event: DecidedEvent, describe: () => AuditFields) => void
  /** Resolves when the act is on the disk; an act that cannot be recorded must not happen. */
  readonly recordAct: (fields: AuditFields) => Promise<void>
  /** Records an event of a known principal beside its requests: a token was issued to it. */
  readonly recordEvent: (fields: AuditFields) => Promise<void>
  /** Returns whether a request must be refused now, because it could not be recorded. */
  readonly isBlocked: (request: { readonly isAct: boolean }) => boolean
  /** Why records are missing, or files cannot be maintained; null if neither. */
  readonly fault: () => string | null
  readonly close: () => Promise<void>
}

const dayMs = 86_400_000
const segmentBytesMax = 16 * 1024 * 1024
const countIntervalMs = 10_000
const tidyIntervalMs = 3_600_000
const processesMax = 16

/** Opens the chains of a folder. Throws as `node:fs` does, and if too many processes use it. */
export function openAuditor(rules: AuditRules, given: ChainWriterDeps): Auditor {
  const { folder, timers = systemTimers } = given
  const deps = { ...given, subjects: openSubjects(folder) }
  createOwnedFolder(folder)
  const { number, lock } = takeNumber(folder)
  const acts = openChain(actsRules(folder), deps)
  const open = (name: string, bytesMax: number) =>
    openChain(chainRules(`${name}-${number}`, bytesMax, rules), deps)
  const requests = open('requests', rules.bytesMax)
  const strangers = open('strangers', rules.bytesMax / 4)
  const chains = [acts, requests, strangers]
  const bound = createDenialBound(deps.clock)
  const countEnded = () => {
    for (const { minuteAt, ...denials } of bound.takeEnded()) {
      strangers.add({ event: 'denials', minute: formatInstant(minuteAt), ...denials })
    }
  }
  const stops = [
    timers.every(countIntervalMs, countEnded),
    timers.every(tidyIntervalMs, () => void Promise.all(chains.map((chain) => chain.tidy()))),
  ]
  return {
    recordDecision: createRecorder({ requests, strangers, bound, rules }),
    recordAct: acts.record,
    recordEvent: requests.record,
    isBlocked: ({ isAct }) =>
      (rules.required || isAct) && (requests.fault() ?? strangers.fault()) !== null,
    fault: () => findFault(chains),
    close: async () => {
      for (const stop of stops) stop()
      countEnded()
      await Promise.all(chains.map((chain) => chain.close()))
      lock.release()
    },
  }
}

/**
 * Returns the lowest number that no other process has, so that a restart continues the same chains.
 */
function takeNumber(folder: string): { readonly number: number; readonly lock: ProcessLock } {
  for (let number = 1; number <= processesMax; number++) {
    const lock = tryProcessLock(join(folder, `writer-${number}.lock`))
    if (lock !== null) return { number, lock }
  }
  throw new Error(`more than ${processesMax} processes write there`)
}

function findFault(chains: readonly ChainWriter[]): string | null {
  const faults = chains.flatMap((chain) => [chain.fault(), chain.upkeepFault()])
  return faults.find((fault) => fault !== null) ?? null
}

function chainRules(name: string, totalBytesMax: number, { retainDays }: AuditRules): ChainRules {
  return {
    name,
    totalBytesMax,
    segmentBytesMax: Math.min(segmentBytesMax, totalBytesMax / 4),
    ageMaxMs: retainDays * dayMs,
    segmentAgeMaxMs: dayMs,
    sharedLock: null,
  }
}

type RecorderDeps = {
  readonly requests: ChainWriter
  readonly strangers: ChainWriter
  readonly bound: DenialBound
  readonly rules: AuditRules
}

function createRecorder({
  requests,
  strangers,
  bound,
  rules,
}: RecorderDeps): Auditor['recordDecision'] {
  let allowed = 0
  const isWanted = ({ isAllowed, isAct, isKnown, addressGroup, reason }: DecidedEvent) => {
    if (!isAllowed) return isKnown || bound.isRecorded({ addressGroup, reason })
    if (isAct) return true
    if (rules.allowed === 'none') return false
    return rules.allowed === 'all' || allowed++ % rules.sampleOf === 0
  }
  return (event, describe) => {
    if (!isWanted(event)) return
    const chain = event.isKnown ? requests : strangers
    chain.add(describe())
  }
}
