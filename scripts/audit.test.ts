import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { recordActs } from '../gatekeeper/src/audit/acts.ts'
import { rotateSigningKey } from '../gatekeeper/src/oauth/signing-key-file.ts'
import { startChild } from '../gatekeeper/test/support/child.ts'

const script = resolve(import.meta.dirname, 'audit.ts')
let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gk audit '))
  mkdirSync(join(folder, 'keys'))
  writeFileSync(join(folder, 'gatekeeper.yaml'), 'version: 1\nservices: {}\n')
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

async function run(...words: string[]) {
  const child = startChild(process.execPath, [script, ...words], {
    ...{ PATH: process.env['PATH'], INIT_CWD: folder },
    GATEKEEPER_STATE_DIR: join(folder, 'state'),
    GATEKEEPER_KEYS_DIR: join(folder, 'keys'),
    GATEKEEPER_CONFIG: join(folder, 'gatekeeper.yaml'),
  })
  const code = await new Promise((ended) => child.process.once('close', ended))
  return { code, said: child.output() }
}

const rotation = { algorithm: 'EdDSA', leadMs: 0, lifetimeMs: 1000 } as const
const makeSigningKey = () => rotateSigningKey(join(folder, 'state'), rotation, { clock: Date.now })
const record = (count: number, fields = {}) =>
  recordActs(
    join(folder, 'state/audit'),
    Array.from({ length: count }, (_, number) => ({ event: 'key.added', number, ...fields })),
    { clock: Date.now },
  )
const acts = () => join(folder, 'state/audit/acts-000001.jsonl')

describe('npm run audit', () => {
  it('where nothing was recorded yet says so, and makes nothing', async () => {
    expect(await run('verify')).toEqual({ code: 0, said: expect.stringContaining('Nothing is') })
    expect(await run('query')).toEqual({ code: 1, said: '' })
    expect((await run('report')).said).toContain('0 requests')
    expect((await run('verify')).said).toContain('Nothing is')
  })

  it('verify names file and line of what was changed, and ends with 1', async () => {
    await record(5)
    expect((await run('verify')).code).toBe(0)
    const text = readFileSync(acts(), 'utf8')
    writeFileSync(acts(), text.replace('"number":2', '"number":7'))
    const { code, said } = await run('verify')
    expect([code, said]).toEqual([1, expect.stringContaining(`${acts()}:3: was changed`)])
    expect(JSON.parse((await run('verify', '--json')).said)).toMatchObject({ isWhole: false })
  })

  it('an exported head shows a tail that is cut, with keys that were kept elsewhere as well', async () => {
    const kid = await makeSigningKey()
    await record(5)
    await run('export', '--output', 'heads.json')
    writeFileSync(acts(), `${readFileSync(acts(), 'utf8').split('\n').slice(0, 3).join('\n')}\n`)
    expect((await run('verify')).code).toBe(0)
    const { code, said } = await run('verify', '--against', 'heads.json')
    expect([code, said]).toEqual([1, expect.stringContaining('the end is missing')])
    writeFileSync(join(folder, 'ours.json'), JSON.stringify({ keys: [{ kid }] }))
    const own = await run('verify', '--against', 'heads.json', '--keys', 'ours.json')
    expect(own.code).toBe(1)
    writeFileSync(join(folder, 'others.json'), JSON.stringify({ keys: [{ kid: 'x' }] }))
    const others = await run('verify', '--against', 'heads.json', '--keys', 'others.json')
    expect(others).toEqual({ code: 78, said: expect.stringContaining('signed by an unknown key') })
  })

  it('heads that were changed are not believed', async () => {
    await makeSigningKey()
    await record(2)
    await run('export', '--output', 'heads.json')
    const heads = join(folder, 'heads.json')
    writeFileSync(heads, readFileSync(heads, 'utf8').replace('"sequence": 2', '"sequence": 1'))
    expect(await run('verify', '--against', 'heads.json')).toMatchObject({ code: 78 })
    expect(await run('verify', '--against', 'none.json')).toMatchObject({ code: 78 })
  })

  it('query tells of a line that is none, and gives the others', async () => {
    await record(2)
    writeFileSync(acts(), `${readFileSync(acts(), 'utf8')}garbage\n`)
    const { code, said } = await run('query', '--json')
    expect([code, said]).toEqual([0, expect.stringContaining('.jsonl:3 is not a record')])
    expect(said).toContain('"number":1')
  })

  it.each([
    [['nothing'], 'there is no command "nothing"'],
    [['query', 'x'], '"x" does not belong'],
    [['query', '--since', 'soon'], '--since'],
    [['query', '--limit', '0'], '--limit'],
    [['report', '--hours', '-1'], '--hours'],
    [['verify', '--nothing'], '--nothing'],
  ])('%j is refused with 64', async (words, said) => {
    expect(await run(...words)).toEqual({ code: 64, said: expect.stringContaining(said) })
  })

  it('explains itself', async () => {
    for (const name of ['verify', 'tail', 'query', 'report', 'export']) {
      expect((await run('--help')).said).toContain(name)
      expect((await run(name, '--help')).code).toBe(0)
    }
  })
})
