import { chmod, mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { loadFrontSecrets } from '../../../gatekeeper/src/config/front-secrets.ts'
import { openCloneForEach } from '../../test/clone.ts'
import { files } from './files.ts'

const clone = openCloneForEach()

const key = 'LITELLM_MASTER_KEY=sk-9f4b1c7d2e8a6053b7c1d9e4f2a8067b\n'

async function makeState(): Promise<string> {
  const state = join(clone.folder, '.gatekeeper')
  await mkdir(state, { mode: 0o700 })
  loadFrontSecrets(state)
  return state
}

describe('the files', () => {
  it('of a clone that was started are right', async () => {
    await makeState()
    await clone.write('.env', key)
    await clone.write('keys/keys.json', '{"version":1,"keys":{}}')
    expect(await clone.examine(files)).toEqual([])
  })

  it('.env with a secret that everybody can read is an error; without one it is none', async () => {
    await clone.write('.env', 'GATEKEEPER_SITE=localhost\nLITELLM_MASTER_KEY=\n', 0o644)
    expect(await clone.examine(files)).toEqual([])
    await clone.write('.env', key, 0o644)
    expect(await clone.examine(files)).toMatchObject([
      {
        level: 'error',
        source: join(clone.folder, '.env'),
        remedy: expect.stringMatching(/^chmod 600 /),
      },
    ])
  })

  it('in a folder that is closed are closed', async () => {
    await clone.write('.env', key, 0o644)
    await chmod(clone.folder, 0o700)
    expect(await clone.examine(files)).toEqual([])
  })

  it('with keys: a plain map in the open is an error, hashes are a warning', async () => {
    await clone.write('keys/keys.json', '{"version":1,"keys":{}}', 0o644)
    const map = { '3f9ac2d0b17e48556a90cd21e7f4b8031d6a': { user: 'a', service: 'tts' } }
    await clone.write('old.json', JSON.stringify(map), 0o644)
    const found = await clone.examine(files, { API_KEYS_FILE: 'old.json' })
    expect(found.map(({ level }) => level)).toEqual(['warning', 'error'])
  })

  it('with the secret of LITELLM_MASTER_KEY_FILE are looked at', async () => {
    await clone.write('secret', 'sk-x', 0o604)
    const found = await clone.examine(files, { LITELLM_MASTER_KEY_FILE: 'secret' })
    expect(found).toMatchObject([{ level: 'error', source: join(clone.folder, 'secret') }])
  })

  it('of the folder with secrets are looked at', async () => {
    await clone.write('secrets/README.md', 'What belongs here.', 0o644)
    await clone.write('secrets/litellm', 'sk-x')
    expect(await clone.examine(files)).toEqual([])
    await chmod(join(clone.folder, 'secrets/litellm'), 0o644)
    expect(await clone.examine(files)).toMatchObject([
      { level: 'error', source: join(clone.folder, 'secrets/litellm') },
    ])
  })

  it.each(['gatekeeper.yaml', 'caddy/Caddyfile'])(
    '%s that everybody can change is an error, also through its folder',
    async (name) => {
      const path = join(clone.folder, name)
      await chmod(path, 0o666)
      expect(await clone.examine(files)).toMatchObject([{ level: 'error', source: path }])
      await chmod(path, 0o644)
      await chmod(join(path, '..'), 0o777)
      const found = await clone.examine(files)
      expect(found.map(({ level, source }) => `${level} ${source}`)).toContain(`error ${path}`)
    },
  )

  it('of the state folder are for their owner alone', async () => {
    const state = await makeState()
    await chmod(state, 0o755)
    await chmod(join(state, 'caddy', 'secrets.caddy'), 0o640)
    const found = await clone.examine(files)
    expect(found.map(({ level, source }) => [level, source])).toEqual([
      ['error', state],
      ['error', join(state, 'caddy', 'secrets.caddy')],
    ])
  })

  it('with edge and proof must hold them', async () => {
    await makeState()
    await clone.write('.gatekeeper/front-secrets.json', '{"edge":"","proof":""}')
    expect(await clone.examine(files)).toMatchObject([
      { level: 'error', what: expect.stringContaining('does not hold the two secrets') },
    ])
  })
})
