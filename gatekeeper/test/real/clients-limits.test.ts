import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { clients, createWorkspace, type Workspace } from './parts/clients.ts'
import { type ClientProcess, type Outcome, startClient } from './support/client-process.ts'
import {
  anthropicRows,
  type ClientRow,
  newestRows,
  ollamaRows,
  openaiRows,
} from './support/client-rows.ts'
import { expectRefusal } from './support/client-suite.ts'
import {
  type LimitGateway,
  openLimitGateway,
  type RefusalName,
  refusals,
  type Visitor,
} from './support/limit-gateway.ts'
import { areAvailable } from './support/provision.ts'

const isAvailable = await areAvailable(clients)
const rows = [...newestRows, ...openaiRows, ...anthropicRows, ...ollamaRows]
const refusalNames = Object.keys(refusals) as RefusalName[]

/** The results of a client, which still runs while the tests read them. */
type Met = {
  readonly soon: Promise<Outcome>
  readonly refused: Readonly<Record<RefusalName, Promise<Outcome>>>
}

// The longest are LangChain's six repetitions, which take two minutes.
describe.skipIf(!isAvailable)('limits, as clients see them', { timeout: 300_000 }, () => {
  let gateway: LimitGateway
  let workspace: Workspace
  const processes: ClientProcess[] = []
  const met: Met[] = []
  beforeAll(async () => {
    gateway = await openLimitGateway(rows.length)
    workspace = await createWorkspace()
    // All at once: most of the time is spent waiting as the answers require.
    const meetings = rows.map(async (row, index) => {
      const client = startClient(workspace, row, gateway.stack.caFile)
      processes.push(client)
      met[index] = await meetLimits(client, row, gateway.visitors[index] as Visitor)
    })
    await Promise.all(meetings)
  }, 180_000)
  afterAll(async () => {
    await Promise.all(processes.map((client) => client.stop()))
    await workspace?.remove()
    await gateway?.stop()
  })

  const meetLimits = async (client: ClientProcess, row: ClientRow, visitor: Visitor) => {
    const ask = (service: Parameters<LimitGateway['urlOf']>[0], key: string) =>
      client.run('chat', {
        url: `${gateway.urlOf(service)}${row.base}`,
        ...{ key, model: `${row.modelPrefix ?? ''}demo` },
      })
    // The first one is admitted. The Python programs do one thing after the other: this is the
    // first.
    await ask('open', visitor.soon.key)
    const soon = ask('open', visitor.soon.key)
    const refused = refusalNames.map((name) => {
      return [name, ask(refusals[name].service, visitor.refused[name].key)]
    })
    return { soon, refused: Object.fromEntries(refused) as Met['refused'] }
  }

  describe.each(rows.map((row, index) => ({ ...row, index })))('$name', ({ index, ...row }) => {
    const visitor = () => gateway.visitors[index] as Visitor
    const { tries, quotaName } = row

    it.each(refusalNames)('%s: its own class, after as many tries as it makes', async (name) => {
      const { reason, isFinal } = refusals[name]
      const outcome = await (met[index] as Met).refused[name]
      expectRefusal(row, outcome, reason)
      if (quotaName !== undefined && reason === 'quota-exceeded') {
        expect(outcome.error?.name).toBe(quotaName)
      }
      const expected = isFinal ? tries.final : tries.passing
      const decided = await gateway.decisionsOf(visitor().refused[name], expected)
      expect(decided.filter((each) => each === reason)).toHaveLength(expected)
    })

    const end = tries.passing > 1 ? 'waits as long as told, and gets through' : 'gives up at once'
    it(`a rate that is over for a moment: ${end}`, async () => {
      const outcome = await (met[index] as Met).soon
      const decided = await gateway.decisionsOf(visitor().soon, tries.passing > 1 ? 3 : 2)
      // Timers may run slightly early, and then it sends once more.
      const repeated = decided.slice(1, tries.passing > 1 ? -1 : undefined)
      expect(new Set(repeated)).toEqual(new Set(['rate-limited']))
      if (tries.passing === 1) return expectRefusal(row, outcome, 'rate-limited')
      expect(decided.at(0)).toBeNull()
      expect(decided.at(-1)).toBeNull()
      // The tests' upstream has no Responses API: that the request got there is all there is to
      // see.
      if (row.file !== 'ai-sdk-openai-responses.mjs') expect(outcome.error).toBeUndefined()
    })
  })
})
