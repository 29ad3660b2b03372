import { describe, expect, it } from 'vitest'
import { openCloneForEach } from '../../test/clone.ts'
import { secrets } from './secrets.ts'

const clone = openCloneForEach()

const strong = 'sk-9f4b1c7d2e8a6053b7c1d9e4f2a8067b5c3d1e9f'
const LITELLM_URL = 'http://127.0.0.1:4000'

describe('the master key', () => {
  it('is none of anybody’s business where there is no LiteLLM', async () => {
    expect(await clone.examine(secrets)).toEqual([])
  })

  it('that is random is right', async () => {
    await clone.write('.env', `LITELLM_URL=${LITELLM_URL}\nLITELLM_MASTER_KEY=${strong}\n`)
    expect(await clone.examine(secrets)).toEqual([])
  })

  it.each(['sk-1234', 'sk-123456789012345678901234567890', 'sk-litellm-master-key', 'changeme'])(
    '%s is found, with its line, and not repeated',
    async (key) => {
      await clone.write('.env', `LITELLM_URL=${LITELLM_URL}\n\nLITELLM_MASTER_KEY=${key}\n`)
      const found = await clone.examine(secrets)
      expect(found).toMatchObject([{ level: 'error', source: `${clone.folder}/.env`, line: 3 }])
      expect(JSON.stringify(found)).not.toContain(key)
    },
  )

  it('that comes from a file is judged as well', async () => {
    await clone.write('secrets/litellm', 'sk-1234\n')
    const env = { LITELLM_URL, LITELLM_MASTER_KEY_FILE: 'secrets/litellm' }
    expect(await clone.examine(secrets, env)).toMatchObject([
      { level: 'error', source: 'LITELLM_MASTER_KEY_FILE' },
    ])
  })

  it('that is missing is warned of once LiteLLM has an address', async () => {
    expect(await clone.examine(secrets, { LITELLM_URL })).toMatchObject([
      { level: 'warning', source: 'LITELLM_MASTER_KEY', what: expect.stringContaining('not set') },
    ])
  })
})

describe('a secret in a compose file', () => {
  const compose = (value: string) =>
    `services:\n  litellm:\n    environment:\n      LITELLM_MASTER_KEY: ${value}\n`

  it('that comes from a variable is none', async () => {
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the file's own syntax
    for (const value of ['${LITELLM_MASTER_KEY:-}', '${LITELLM_MASTER_KEY:+is-set}']) {
      await clone.write('docker-compose.yml', compose(value))
      expect(await clone.examine(secrets, { LITELLM_MASTER_KEY: strong })).toEqual([])
    }
  })

  it('that is a known default is an error, also as the default of a variable', async () => {
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the file's own syntax
    for (const value of ['sk-1234', '"${LITELLM_MASTER_KEY:-sk-1234}"']) {
      await clone.write('docker-compose.yml', compose(value))
      expect(await clone.examine(secrets)).toMatchObject([{ level: 'error', line: 4 }])
    }
  })

  it('that stands there in clear is warned of, in a list as well', async () => {
    await clone.write('docker-compose.yml', compose(strong))
    expect(await clone.examine(secrets)).toMatchObject([{ level: 'warning', line: 4 }])
    const list = `services:\n  a:\n    environment:\n      - DB_PASSWORD=${strong}\n`
    await clone.write('docker-compose.yml', list)
    const found = await clone.examine(secrets)
    expect(found).toMatchObject([{ level: 'warning', line: 4 }])
    expect(JSON.stringify(found)).not.toContain(strong)
  })
})
