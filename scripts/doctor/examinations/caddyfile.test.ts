import { describe, expect, it } from 'vitest'
import { runCommand } from '../../caddy/run-command.ts'
import { now, openCloneForEach } from '../../test/clone.ts'
import { caddyfile } from './caddyfile.ts'

const clone = openCloneForEach()

const testCaddy = process.env['GATEKEEPER_TEST_CADDY'] ?? ''
const withCaddy = { GATEKEEPER_CADDY: testCaddy }
const outside = { run: runCommand, clock: () => now }

describe('Caddy', () => {
  it('that is not there leaves the Caddyfile unexamined, aloud, and is not fetched', async () => {
    const found = await clone.examine(caddyfile)
    expect(found).toMatchObject([
      { level: 'warning', what: expect.stringMatching(/not found.*Caddyfile was not examined/) },
    ])
  })

  it('that is named and too old is an error', async () => {
    const old = async () => ({ status: 0, stdout: 'v2.10.2\n', stderr: '', errorCode: null })
    const found = await clone.examine(caddyfile, { GATEKEEPER_CADDY: 'caddy' }, { run: old })
    expect(found).toMatchObject([{ level: 'error', what: expect.stringContaining('2.10.2') }])
  })
})

describe.skipIf(testCaddy === '')('the Caddyfile (needs Caddy)', () => {
  it('of a fresh clone is right', async () => {
    expect(await clone.examine(caddyfile, withCaddy, outside)).toEqual([])
  })

  it('is judged as the user has it: a block without a check is found, with its line', async () => {
    const { text } = (await clone.context(withCaddy, outside)).caddyfile as { text: string }
    const place = '\t# ---- everything else'
    const block = `\thandle_path /tts/* {\n\t\treverse_proxy 127.0.0.1:8880\n\t}\n`
    const edited = text.replace(place, block + place)
    await clone.write('caddy/Caddyfile', edited)
    const line = edited.split('\n').findIndex((row) => row.includes(':8880')) + 1
    expect(await clone.examine(caddyfile, withCaddy, outside)).toEqual(
      expect.arrayContaining([
        expect.objectContaining({
          level: 'error',
          line,
          what: expect.stringMatching(/without a check/),
        }),
      ]),
    )
  })

  it('that Caddy refuses is named with its line', async () => {
    await clone.write('caddy/Caddyfile', '{\n}\nlocalhost {\n\tnonsense\n}\n')
    expect(await clone.examine(caddyfile, withCaddy, outside)).toMatchObject([
      { level: 'error', line: 4, what: expect.stringMatching(/Caddy refuses it: .*nonsense/) },
    ])
  })

  it('that is not there is named', async () => {
    await clone.write('caddy/Caddyfile', '', 0o600)
    const { rm } = await import('node:fs/promises')
    await rm(`${clone.folder}/caddy/Caddyfile`)
    expect(await clone.examine(caddyfile, withCaddy, outside)).toMatchObject([
      { level: 'error', what: expect.stringContaining('ENOENT') },
    ])
  })
})
