import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createApiKey } from '../../../src/api-keys/api-key.ts'
import { type Reason, reasonRow } from '../../../src/model/reason.ts'
import { createWorkspace, type Workspace } from '../parts/clients.ts'
import {
  type Act,
  type ClientProcess,
  type Outcome,
  type Place,
  startClient,
} from './client-process.ts'
import type { ClientRow } from './client-rows.ts'
import { type EntryPoint, expectServerToStop } from './entry-point.ts'

export type Matrix = {
  readonly entryPoint: EntryPoint
  readonly rows: readonly ClientRow[]
  /** The model for embeddings, if it is another one. */
  readonly embeddingModel?: string
  /** What this server cannot do for this library, however it is reached. */
  readonly lacks?: (row: ClientRow) => readonly Act[]
}

/** Each library of the table, each of its features, and each refusal as its own exception. */
export function itServesClients(matrix: Matrix): void {
  const { entryPoint, rows, embeddingModel, lacks = () => [] } = matrix

  let workspace: Workspace
  beforeAll(async () => {
    workspace = await createWorkspace()
  })
  afterAll(() => workspace?.remove())

  describe.each(rows)('$name', (row) => {
    let client: ClientProcess
    beforeAll(() => {
      client = startClient(workspace, row, entryPoint.gateway().stack.caFile)
    })
    afterAll(() => client?.stop())

    const has = (act: Act) => row.acts.includes(act) && !lacks(row).includes(act)
    // A feature that a library lacks has no test, not even a skipped one.
    const itIf = (isThere: boolean) => (isThere ? it : noTest)
    const place = (key: string, { path = '', model = entryPoint.model } = {}): Place => ({
      url: `${entryPoint.gateway().stack.url}${entryPoint.path}${path}${row.base}`,
      key,
      model: `${row.modelPrefix ?? ''}${model}`,
    })
    const ada = (model = entryPoint.model) => place(entryPoint.gateway().people.ada.key, { model })
    const run = async (act: Act, model?: string) => doneOf(await client.run(act, ada(model)))

    itIf(has('list'))('lists the models', async () => {
      const names = (await run('list')) as string[]
      expect(names.map((name) => name.replace(/:latest$/, ''))).toContain(entryPoint.model)
    })

    it('chats, with the count of tokens', async () => {
      const answer = await run('chat')
      expect(answer).toMatchObject({ text: expect.stringMatching(/\S/) })
      expect(answer).toMatchObject({ outputTokens: 16 })
    })

    itIf(has('stream'))('streams part by part', async () => {
      const { parts, instants } = (await run('stream')) as { parts: number; instants: number }
      expect(parts).toBeGreaterThan(10)
      expect(instants).toBeGreaterThan(1)
    })

    itIf(has('abort'))('an abort in mid-stream stops the server', async () => {
      const running = client.start('abort', ada())
      const ended = await Promise.race([running.firstPart, running.outcome])
      expect(ended, 'the stream goes on').toBeUndefined()
      await expectServerToStop(entryPoint, running.abort)
    })

    itIf(has('tools'))('calls a tool, with the arguments of its schema', async () => {
      const calls = (await run('tools')) as object[]
      expect(calls[0]).toEqual({
        name: 'weather',
        input: { city: expect.stringMatching(/^(Rome|Oslo)$/) },
      })
    })

    itIf(row.acts.includes('tools') && !has('tools'))(
      'its tools reach the server, whose model calls none',
      async () => {
        const { tap } = entryPoint.gateway()
        const sentBefore = tap.sent().length
        const { done, error } = await client.run('tools', ada())
        expect(tap.sent().slice(sentBefore)).toMatch(/"name": ?"weather"/)
        // A server whose model has no template for tools refuses them; some libraries say why.
        if (error) expect(JSON.stringify(error)).toMatch(/"status":400|tool call/)
        else expect(done).toBeInstanceOf(Array)
      },
    )

    itIf(has('embed'))('embeds', async () => {
      expect(await run('embed', embeddingModel)).toEqual([64, 64])
    })

    it.each(['chat', 'stream'] as const)('a wrong key raises its 401: %s', async (act) => {
      expectRefusal(row, await client.run(act, place(createApiKey().key)), 'unknown-key')
    })

    it('a key for something else raises its 403', async () => {
      const { stranger, reader, limited } = entryPoint.gateway().people
      expectRefusal(row, await client.run('chat', place(stranger.key)), 'service-not-granted')
      expectRefusal(row, await client.run('chat', place(reader.key)), 'class-not-granted')
      const unseen = entryPoint.point === 'relay' ? 'model-not-allowed' : 'not-inspected'
      expectRefusal(row, await client.run('stream', place(limited.key)), unseen)
    })

    it('an unlisted path raises its 404', async () => {
      const lost = place(entryPoint.gateway().people.ada.key, { path: row.lost })
      expectRefusal(row, await client.run('chat', lost), 'unlisted-endpoint')
    })
  })
}

function noTest(_name: string, _test: () => Promise<void>): void {}

function doneOf({ done, error }: Outcome): unknown {
  if (error) throw new Error(`${error.classes[0]}: ${JSON.stringify(error)}`)
  return done
}

/** Checks that the library raised the class that its users catch, and shows our text. */
export function expectRefusal(
  { raises, shows }: ClientRow,
  { error }: Outcome,
  reason: Reason,
): void {
  const { status, code, type, text } = reasonRow(reason)
  // A check with more detail than its reason shows it; unknown keys get one text.
  const message = status === 401 ? expect.stringContaining(text) : expect.any(String)
  const whole = { status, code, type, message }
  expect(error?.classes).toContain(raises[status as keyof typeof raises])
  const shown = error?.last ?? error
  expect(shown).toMatchObject(Object.fromEntries(shows.map((member) => [member, whole[member]])))
}
