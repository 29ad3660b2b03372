import { performance } from 'node:perf_hooks'
import { systemTimers } from '../lib/timers.ts'
import { createServiceQueues } from '../scheduler/service-queues.ts'
import type { AppDeps } from './app-deps.ts'
import type { Parts } from './part.ts'
import { openAdmin } from './parts/admin.ts'
import { openAudit } from './parts/audit.ts'
import { openChat } from './parts/chat.ts'
import { openClients } from './parts/clients.ts'
import { openIssuers } from './parts/issuers.ts'
import { openJournal } from './parts/journal.ts'
import { openKeys } from './parts/keys.ts'
import { openMetrics } from './parts/metrics.ts'
import { openOutcomes } from './parts/outcomes.ts'
import { openOverload } from './parts/overload.ts'
import { openPeople } from './parts/people.ts'
import { openRevoked } from './parts/revocations.ts'
import { openRules } from './parts/rules.ts'
import { openSigning } from './parts/signing.ts'
import { openUpstreams } from './parts/upstreams.ts'
import { openUsers } from './parts/users.ts'
import { openVault } from './parts/vault.ts'
import { openWidget } from './parts/widget.ts'

/** All parts, by what others need from them. */
export type Opened = Awaited<ReturnType<typeof openParts>>

/**
 * Opens all parts. They are closed in reverse: the journal after the upstreams, since the cost of the
 * last answer belongs in it, and the audit after everything that it records.
 */
export async function openParts(deps: AppDeps, parts: Parts) {
  const { add } = parts
  const signing = await add(openSigning(deps))
  const audit = await add(openAudit(deps, signing.sign))
  // A broken key file is reported even while another gatekeeper holds the journal.
  const people = await add(openPeople(deps, audit))
  const keys = await add(openKeys(deps, { ...audit, ...people }))
  const journal = await add(openJournal(deps))
  const clients = await add(openClients(deps, { ...audit, ...people }))
  const users = await add(openUsers(deps))
  const rules = await add(openRules(deps, audit))
  const revocations = await add(openRevoked(deps))
  const issuers = await add(
    openIssuers(deps, { signing, people, keys, clients, users, revocations }),
  )
  const vault = await add(openVault(deps, audit))
  const upstreams = await add(openUpstreams(deps, vault))
  const chat = await add(openChat(deps, upstreams))
  const widget = await add(openWidget(deps))
  // The queues measure waiting with it, so it must not jump when the wall clock is set.
  const ticks = () => performance.now()
  const queues = createServiceQueues(deps.services, { clock: ticks, timers: systemTimers })
  const { ledger, pingStore, renameCaller } = journal
  const metrics = await add(openMetrics(deps, { parts, keys, ledger, queues }))
  const overload = await add(openOverload(deps))
  const outcomes = await add(openOutcomes())
  const admin = await add(openAdmin(deps))
  const credentials = { people, keys, clients, users, rules, revocations, issuers, signing }
  const traffic = { vault, upstreams, chat, widget, queues, overload, outcomes, admin }
  return { ...credentials, ...traffic, audit, ledger, pingStore, renameCaller, metrics }
}
