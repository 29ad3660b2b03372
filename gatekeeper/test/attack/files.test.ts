import {
  chmodSync,
  chownSync,
  mkdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { waitUntil } from '../support/child.ts'
import { shippedGateway } from '../support/gateway-file.ts'
import { keyFileText } from '../support/keys.ts'
import { readAnswer } from './support/answers.ts'
import {
  ada,
  asNobody,
  becomes,
  behind,
  canBeOther,
  canMount,
  good,
  makePlace,
  readiness,
  startFailing,
  startReady,
  statusOf,
  tom,
} from './support/place.ts'

const halves: readonly (readonly [string, string])[] = [
  ['half-written', good.slice(0, good.length / 2)],
  ['empty', ''],
  ['of spaces', ' \n'],
  ['[]', '[]'],
  ['null', 'null'],
  ['a number', '1'],
  ['of another version', good.replace('"version": 1', '"version": 2')],
  ['with a member twice', good.replace('"disabled": false', '"disabled": true, "disabled": false')],
  ['no UTF-8', Buffer.from(good.replace('ada', '\xff'), 'latin1').toString('latin1')],
  ['a key in the place of a hash', good.replace(/"[0-9a-f]{64}"/, JSON.stringify(ada.key))],
]

describe('a damaged key file', () => {
  it.each(halves)('%s: stops the start with 78, the place and what to do', async (name, text) => {
    const place = makePlace()
    writeFileSync(place.file, text, name === 'no UTF-8' ? 'latin1' : 'utf8')
    const { code, said } = await startFailing(place)
    expect(code).toBe(78)
    expect(said).toContain('keys.json')
    expect(said).toMatch(/Correct|Write|Save|Remove|[Mm]ake|empty one|update/)
    expect(said).not.toContain(ada.key.slice(14, 30))
    expect(said).not.toContain('gatekeeper ready')
  })

  it.each(halves)(
    '%s: leaves the last good set in force, and readiness names it',
    async (name, text) => {
      const place = makePlace()
      const child = await startReady(place)
      writeFileSync(place.file, text, name === 'no UTF-8' ? 'latin1' : 'utf8')
      await becomes(child, async () => (await readiness(place)).includes('"status":"degraded"'))
      expect(readAnswer(await readiness(place))).toMatchObject({ status: 200 })
      expect(await readiness(place)).toContain('keys.json')
      expect(await statusOf(place, ada.key)).toBe(200)
      writeFileSync(place.file, keyFileText([tom]))
      await becomes(child, async () => (await statusOf(place, tom.key)) === 200)
      expect(await statusOf(place, ada.key)).toBe(401)
      expect(await readiness(place)).toContain('"ok"')
    },
  )

  it('{} is a file without keys: nobody is admitted', async () => {
    const place = makePlace()
    const child = await startReady(place)
    writeFileSync(place.file, '{}')
    await becomes(child, async () => (await statusOf(place, ada.key)) === 401)
  })

  it('when deleted removes its keys; a folder in its place does not', async () => {
    const place = makePlace()
    const child = await startReady(place)
    rmSync(place.file)
    mkdirSync(place.file)
    await becomes(child, async () => (await readiness(place)).includes('is a folder'))
    expect(await statusOf(place, ada.key)).toBe(200)
    rmSync(place.file, { recursive: true })
    await becomes(child, async () => (await statusOf(place, ada.key)) === 401)
  })

  it('replaced by symlink, as in Kubernetes volumes, is read within 2 s', async () => {
    const place = makePlace()
    rmSync(place.file)
    for (const [name, key] of [
      ['one', ada],
      ['two', tom],
    ] as const) {
      mkdirSync(join(place.keysDir, name))
      writeFileSync(join(place.keysDir, name, 'keys.json'), keyFileText([key]))
    }
    symlinkSync('one', join(place.keysDir, '..data'))
    symlinkSync('..data/keys.json', place.file)
    const child = await startReady(place)
    expect(await statusOf(place, ada.key)).toBe(200)
    symlinkSync('two', join(place.keysDir, '..tmp'))
    renameSync(join(place.keysDir, '..tmp'), join(place.keysDir, '..data'))
    await waitUntil(async () => (await statusOf(place, tom.key)) === 200, {
      limitMs: 2_000,
      describe: child.output,
    })
    expect(await statusOf(place, ada.key)).toBe(401)
  })

  it.skipIf(!canBeOther)(
    'that this user may not read stops the start, and later leaves the last set in force',
    async () => {
      const place = makePlace()
      for (const path of [place.folder, place.stateDir, place.keysDir])
        chownSync(path, 65_534, 65_534)
      chmodSync(place.file, 0o000)
      const { code, said } = await startFailing(place, asNobody)
      expect([code, said]).toEqual([78, expect.stringContaining('uid 65534')])
      chmodSync(place.file, 0o644)
      const child = await startReady(place, asNobody)
      chmodSync(place.file, 0o000)
      await becomes(child, async () => (await readiness(place)).includes('is not readable'))
      expect(await statusOf(place, ada.key)).toBe(200)
      chmodSync(place.file, 0o644)
      await becomes(child, async () => (await readiness(place)).includes('"ok"'))
    },
  )

  it.skipIf(!canMount)(
    'mounted alone and replaced outside stays old forever: readiness reports it',
    async () => {
      const place = makePlace()
      const outside = join(place.folder, 'outside.json')
      writeFileSync(outside, good)
      const child = await startReady(place, behind(`mount --bind "${outside}" "${place.file}"`))
      expect(await statusOf(place, ada.key)).toBe(200)
      writeFileSync(`${outside}.new`, keyFileText([tom]))
      renameSync(`${outside}.new`, outside)
      await becomes(child, async () => (await readiness(place)).includes('Mount the folder'))
      expect(readAnswer(await readiness(place)).status).toBe(200)
      expect(await statusOf(place, ada.key)).toBe(200)
      expect(await statusOf(place, tom.key)).toBe(401)
    },
  )
})

describe('a damaged gatekeeper.yaml', () => {
  it.each([
    ['half-written', shippedGateway.slice(0, shippedGateway.indexOf('strip: true') + 3)],
    ['cut in a name', 'version: 1\nserv'],
    ['empty', ''],
    ['[]', '[]'],
    ['{}', '{}'],
    ['null', 'null'],
    ['a text', 'just a text'],
    ['of two documents', 'version: 1\n---\nversion: 1\n'],
    [
      'of a thousand aliases',
      `a: &a [1]\n${Array.from({ length: 40 }, (_, at) => `b${at}: [*a,*a]`).join('\n')}\n`,
    ],
    ['with a member twice', shippedGateway.replace('version: 1', 'version: 1\nversion: 1')],
    ['with an unknown member', shippedGateway.replace('version: 1', 'version: 1\nopen: true')],
    ['of a control character', 'version: 1\u0000\n'],
  ])('%s: stops the start with 78 and its name, and nothing listens', async (_name, text) => {
    const place = makePlace()
    writeFileSync(join(place.folder, 'gatekeeper.yaml'), text)
    const { code, said } = await startFailing(place)
    expect([code, said]).toEqual([78, expect.stringContaining('gatekeeper.yaml')])
    expect(said).not.toMatch(/gatekeeper ready|at .*\.ts:\d+/)
  })

  it.each(['gone', 'a folder'])('%s: stops the start with what to do', async (name) => {
    const place = makePlace()
    rmSync(join(place.folder, 'gatekeeper.yaml'))
    if (name === 'a folder') mkdirSync(join(place.folder, 'gatekeeper.yaml'))
    const { code, said } = await startFailing(place)
    expect([code, said]).toEqual([78, expect.stringContaining('GATEKEEPER_CONFIG')])
  })

  it.skipIf(!canBeOther)(
    'not readable for this user: stops the start with what to do',
    async () => {
      const place = makePlace()
      for (const path of [place.folder, place.stateDir, place.keysDir])
        chownSync(path, 65_534, 65_534)
      chmodSync(join(place.folder, 'gatekeeper.yaml'), 0o000)
      const { code, said } = await startFailing(place, asNobody)
      expect([code, said]).toEqual([78, expect.stringMatching(/EACCES[\s\S]*GATEKEEPER_CONFIG/)])
    },
  )
})
