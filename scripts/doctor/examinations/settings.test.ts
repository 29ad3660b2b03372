import { describe, expect, it } from 'vitest'
import { settings } from '../../../gatekeeper/src/operations/doctor/examinations/settings.ts'
import { openCloneForEach } from '../../test/clone.ts'

const clone = openCloneForEach()

describe('the settings', () => {
  it('of a fresh clone are right', async () => {
    expect(await clone.examine(settings)).toEqual([])
  })

  it('are all named that would stop a start, those of both files', async () => {
    await clone.write('.env', 'GATEKEEPER_SIET=x\n')
    await clone.write('gatekeeper.yaml', 'version: 1\nservices: {a: {kind: nothing, routes: []}}\n')
    const found = await clone.examine(settings)
    expect(found.map(({ level, source, line }) => [level, source.split('/').at(-1), line])).toEqual(
      expect.arrayContaining([
        ['error', 'GATEKEEPER_SIET', undefined],
        ['error', 'gatekeeper.yaml', 2],
      ]),
    )
  })

  it('that do nothing are warned of', async () => {
    await clone.write('gatekeeper.yaml', 'version: 1\nservices: {}\n')
    const found = await clone.examine(settings, { OLLAMA_URL: 'http://127.0.0.1:1' })
    expect(found).toMatchObject([{ level: 'warning', source: 'OLLAMA_URL' }])
  })
})
