/** The files of deploy/hosted that need no engine; `npm run test:compose` builds the image. */
import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { readSettings } from '../src/config/read-settings.ts'

const root = resolve(import.meta.dirname, '../..')
const read = (file: string) => readFileSync(join(root, file), 'utf8')
const dockerfile = read('deploy/hosted/Dockerfile')

describe('the hosted image', () => {
  it.each(['node', 'caddy'])(
    'has the %s of docker-compose.yml, and fetches no frontend',
    (name) => {
      const pin = new RegExp(`^  ${name}: .*:-(.+)\\}$`, 'm').exec(read('docker-compose.yml'))?.[1]
      const own = new RegExp(`^ARG ${name.toUpperCase()}_IMAGE=(.+)$`, 'm').exec(dockerfile)?.[1]
      expect(own).toBe(pin)
      expect(dockerfile).not.toMatch(/^#\s*syntax=/im)
    },
  )

  it('runs as a user without rights, and runs no install script', () => {
    const last = dockerfile.slice(dockerfile.lastIndexOf('\nFROM '))
    expect(last).toMatch(/^USER \$\{GATEKEEPER_UID\}/m)
    const installs = dockerfile.split('\n').filter((line) => line.includes('npm ci'))
    expect(installs.length).toBe(2)
    for (const line of installs) expect(line).toMatch(/--omit=dev .*--ignore-scripts/)
  })

  it('takes into its build only what is listed', () => {
    const lines = read('deploy/hosted/Dockerfile.dockerignore').split('\n')
    const rules = lines.filter((line) => line !== '' && !line.startsWith('#'))
    expect(rules[0]).toBe('*')
    expect(rules.filter((rule) => /keys|secrets|\.env|\.gatekeeper/.test(rule))).toEqual([])
  })
})

type EnvVar = { readonly key: string; readonly value?: string; readonly sync?: boolean }

/** What each platform's file sets, and the settings that the operator has to give. */
const platforms = {
  railway: () => {
    const { build, deploy } = JSON.parse(read('deploy/hosted/railway.json'))
    expect(build.dockerfilePath).toBe('deploy/hosted/Dockerfile')
    const found = [...String(deploy.startCommand).matchAll(/(GATEKEEPER_[A-Z_]+)=(\S+)/g)]
    return Object.fromEntries(found.map(([, name, value]) => [name ?? '', value ?? '']))
  },
  render: () => {
    const [service] = parse(read('deploy/hosted/render.yaml')).services
    expect(service.dockerfilePath).toBe('./deploy/hosted/Dockerfile')
    const vars = service.envVars as EnvVar[]
    const asked = vars.filter(({ sync }) => sync === false).map(({ key }) => key)
    expect(asked).toEqual(['OPENAI_API_KEY', 'ALLOWED_ORIGIN'])
    return Object.fromEntries(vars.flatMap(({ key, value }) => (value ? [[key, value]] : [])))
  },
  fly: () => {
    const text = read('deploy/hosted/fly.toml')
    const [, env = ''] = /^\[env\]\n([\s\S]*?)^\[/m.exec(text) ?? []
    expect(/internal_port = (\d+)/.exec(text)?.[1]).toBe(/PORT = "(\d+)"/.exec(env)?.[1])
    const found = [...env.matchAll(/^ {2}([A-Z_]+) = "(.*)"$/gm)]
    return Object.fromEntries(found.map(([, name, value]) => [name ?? '', value ?? '']))
  },
} as const

describe.each(Object.entries(platforms))('the file for %s', (_, setOf) => {
  it('needs the two settings and nothing else, and trusts only the platform', () => {
    const env: Record<string, string> = {
      ...{ GATEKEEPER_TLS: 'platform', PORT: '10000', ...setOf() },
      ...{ OPENAI_API_KEY: 'k'.repeat(32), ALLOWED_ORIGIN: 'https://shop.example' },
    }
    const source = { env, folder: '/app', platform: 'linux', readFile: () => '' }
    const { settings, problems } = readSettings(source)
    expect(problems).toEqual([])
    expect(settings.platform?.trustedProxies.length).toBeGreaterThan(0)
  })
})
