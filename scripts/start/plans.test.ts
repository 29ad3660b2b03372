import { describe, expect, it } from 'vitest'
import { readSettings } from '../../gatekeeper/src/config/read-settings.ts'
import { planAdmin, planGatekeeper } from './plans.ts'

const signIn = {
  GITHUB_CLIENT_ID: 'i',
  GITHUB_CLIENT_SECRET: 'secret-of-github',
  GOOGLE_CLIENT_SECRET_FILE: '/run/secret-of-google',
}
const env = {
  ...{ PATH: '/bin', GATEKEEPER_SITE: 'localhost', OPENAI_API_KEY: 'sk-x', ...signIn },
  ...{ GATEKEEPER_VAULT_KEY: 'k', ADMIN_API_KEY: 'a', GOOGLE_API_KEY: 'g', LD_PRELOAD: 'x' },
  ...{ OAUTH_CLIENT_ID_ADMIN: 'c', OAUTH_CLIENT_SECRET_ADMIN: 's' },
}
const source = { env: {}, folder: '/srv/gk', platform: 'linux', readFile: () => '' }
const configuration = { env, settings: readSettings(source).settings, services: [], warnings: [] }
const node = { words: ['main.ts'], env: {} }

describe('of the environment', () => {
  it('the admin process gets settings, and of secrets those of people’s sign-in alone', () => {
    const { env: given } = planAdmin('/srv/gk', configuration, node)
    const marks = { OPENAI_API_KEY: 'is-set' }
    expect(given).toEqual({ PATH: '/bin', GATEKEEPER_SITE: 'localhost', ...signIn, ...marks })
  })

  it('the admin process learns that a provider has a key, and not the key', () => {
    const files = { env: { CLAUDE_API_KEY_FILE: '/run/claude', GROQ_API_KEY: '' } }
    expect(planAdmin('/srv/gk', files, node).env).toEqual({ CLAUDE_API_KEY: 'is-set' })
  })

  it('the gatekeeper gets everything but those', () => {
    const upstreams = { ollamaUrl: null, litellmUrl: null, demo: null, notes: [] }
    const { env: given } = planGatekeeper('/srv/gk', configuration, { upstreams, node })
    const { GATEKEEPER_SITE, OPENAI_API_KEY } = env
    expect(given).toMatchObject({ GATEKEEPER_SITE, OPENAI_API_KEY })
    for (const name of Object.keys(signIn)) expect(given).not.toHaveProperty(name)
  })
})
