import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { systemTimers } from '../gatekeeper/src/lib/timers.ts'
import { createSqliteJournal } from '../gatekeeper/src/usage/journal/sqlite/sqlite-journal.ts'
import type { UsageJournal, UsageRecord } from '../gatekeeper/src/usage/journal/usage-journal.ts'
import { startChild } from '../gatekeeper/test/support/child.ts'
import { recordOf } from '../gatekeeper/test/support/describe-journal.ts'

const hash = 'a'.repeat(64)
const script = resolve(import.meta.dirname, 'usage.ts')
const open: { journals: UsageJournal[]; folders: string[] } = { journals: [], folders: [] }

afterEach(async () => {
  await Promise.all(open.journals.splice(0).map((journal) => journal.close()))
  for (const folder of open.folders.splice(0)) rmSync(folder, { recursive: true, force: true })
})

function makeFolder(config = 'version: 1\ntimeZone: Europe/Berlin\nservices: {}\n') {
  const folder = mkdtempSync(join(tmpdir(), 'gk usage '))
  open.folders.push(folder)
  writeFileSync(join(folder, 'gatekeeper.yaml'), config)
  return folder
}

/** A journal that goes on running while the script reads its database. */
async function keep(folder: string, records: readonly Partial<UsageRecord>[]): Promise<void> {
  const journal = createSqliteJournal({
    ...{ folder, retainDays: 400, clock: Date.now, timers: systemTimers, report: () => {} },
  })
  open.journals.push(journal)
  await journal.load()
  await Promise.all(
    records.map((record) =>
      journal.record({
        ...{ reservationId: null, charges: [] },
        record: recordOf({ at: Date.now(), ...record }),
      }),
    ),
  )
}

async function run(folder: string, words: readonly string[]) {
  const child = startChild(process.execPath, [script, ...words], {
    PATH: process.env['PATH'],
    GATEKEEPER_STATE_DIR: folder,
    GATEKEEPER_KEYS_DIR: folder,
    GATEKEEPER_CONFIG: join(folder, 'gatekeeper.yaml'),
  })
  const code = await new Promise((ended) => child.process.once('close', ended))
  return { code, said: child.output() }
}

const day = (text: string) => Date.parse(text)

describe('npm run usage', () => {
  it('shows who used what, the dearest first, with a total and estimates marked', async () => {
    const folder = makeFolder()
    await keep(folder, [
      { principalId: 'key:cheap', inputTokens: 1, outputTokens: 2, microUsd: 0 },
      { principalId: 'key:dear', inputTokens: 1000, outputTokens: 2000, microUsd: 1_234_567 },
      { principalId: 'key:dear', inputTokens: 0, outputTokens: 1, isEstimated: true, microUsd: 0 },
      { principalId: 'key:dear', status: 500, inputTokens: 0, outputTokens: 0, microUsd: 0 },
    ])
    const { code, said } = await run(folder, ['--by', 'key', '--since', '7d'])
    expect(code).toBe(0)
    expect(said.split('\n').slice(2, 6)).toEqual([
      'KEY        REQUESTS  FAILED  TOKENS IN  TOKENS OUT      COST',
      'key:dear          3       1     ~1,000      ~2,001  ~$1.2346',
      'key:cheap         1       0          1           2   $0.0000',
      'TOTAL             4       1     ~1,001      ~2,003  ~$1.2346',
    ])
    expect(said).toContain('1 of 4 requests')
  })

  it('shows the tags of keys beside their figures, for programs and spreadsheets too', async () => {
    const folder = makeFolder()
    const entry = { user: 'ada', role: 'readwrite', services: [], secrets: [{ sha256: hash }] }
    const write = (keys: object) =>
      writeFileSync(join(folder, 'keys.json'), JSON.stringify({ version: 1, keys }))
    write({ abcde01234: { ...entry, tags: ['env=prod', 'owner=ada'] } })
    await keep(folder, [{ principalId: 'key:abcde01234' }, { principalId: 'key:gone' }])
    expect((await run(folder, [])).said).toMatch(/^key:abcde01234 .* {2}env=prod, owner=ada$/m)
    expect(JSON.parse((await run(folder, ['--json'])).said).rows).toMatchObject([
      { name: 'key:abcde01234', tags: ['env=prod', 'owner=ada'] },
      { name: 'key:gone', tags: [] },
    ])
    const csv = (await run(folder, ['--csv'])).said.split('\n')
    expect([csv[0], csv[1]]).toEqual([
      expect.stringMatching(/,estimated,tags$/),
      expect.stringMatching(/,"env=prod, owner=ada"$/),
    ])
    // A broken key file must not hide what was used.
    write({ abcde01234: {} })
    const broken = await run(folder, [])
    expect([broken.code, broken.said]).toEqual([0, expect.stringContaining('tags of keys are unk')])
    expect(broken.said).toContain('key:abcde01234')
  })

  it('days are those of the time zone in gatekeeper.yaml', async () => {
    const folder = makeFolder()
    await keep(folder, [
      { at: day('2026-11-20T22:59:59Z') },
      { at: day('2026-11-20T23:00:00Z') },
      { at: day('2026-11-21T22:59:59Z') },
    ])
    const { said } = await run(folder, ['--by', 'day', '--since', '2026-11-01', '--json'])
    const { rows } = JSON.parse(said) as { rows: { name: string; requests: number }[] }
    expect(rows.map(({ name, requests }) => [name, requests])).toEqual([
      ['2026-11-20', 1],
      ['2026-11-21', 2],
    ])
  })

  it.each([
    ['user', ['ada', null]],
    ['model', ['=1+1', 'llama3.2:1b']],
    ['service', ['ollama']],
  ])('adds up by %s', async (by, names) => {
    const folder = makeFolder()
    await keep(folder, [{}, { user: null, model: '=1+1' }])
    const { said } = await run(folder, ['--by', by, '--json'])
    const { rows, total } = JSON.parse(said) as {
      rows: { name: string | null }[]
      total: { requests: number; microUsd: number }
    }
    expect(new Set(rows.map(({ name }) => name))).toEqual(new Set(names))
    expect(total).toMatchObject({ requests: 2, microUsd: 134 })
  })

  it('CSV holds no formula and exact dollars', async () => {
    const folder = makeFolder()
    await keep(folder, [{ model: '=1+1', microUsd: 1 }])
    const { said } = await run(folder, ['--by', 'model', '--csv'])
    expect(said).toBe(
      "model,requests,failed,input_tokens,output_tokens,cost_usd,estimated\n'=1+1,1,0,12,345,0.000001,0\n",
    )
  })

  it('leaves out what is older than --since', async () => {
    const folder = makeFolder()
    await keep(folder, [{ at: Date.now() - 8 * 86_400_000 }, {}])
    const { said } = await run(folder, ['--since', '7d', '--json'])
    expect(JSON.parse(said)).toMatchObject({ total: { requests: 1 } })
  })

  it('moves no cursor: what a name holds of control characters is shown as ?', async () => {
    const folder = makeFolder()
    await keep(folder, [{ model: '\u001b[2Jx' }])
    expect((await run(folder, ['--by', 'model'])).said).toContain('?[2Jx')
  })

  it('says that there is nothing yet, and makes nothing', async () => {
    const folder = makeFolder()
    const { code, said } = await run(folder, [])
    expect([code, said]).toEqual([0, expect.stringMatching(/nothing yet: .*usage\.db/)])
    expect((await run(folder, [])).said).toContain('nothing yet')
  })

  it('a damaged database is 78, wrong words are 64', async () => {
    const folder = makeFolder()
    writeFileSync(join(folder, 'usage.db'), 'no database at all, but long enough to look like one')
    const damaged = await run(folder, ['--json'])
    expect([damaged.code, damaged.said]).toEqual([78, expect.stringContaining('"config"')])
    expect((await run(folder, ['--by', 'x'])).code).toBe(64)
  })
})
