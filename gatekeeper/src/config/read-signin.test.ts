import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { readTextFile } from '../lib/files/text-file.ts'
import { ProblemsError } from '../lib/problem.ts'
import { readLoginProviders } from '../operations/login-providers.ts'
import { loadGateway } from './load-gateway.ts'
import { readSettings } from './read-settings.ts'

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gk-signin-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

function read(env: Record<string, string>) {
  const source = { env, folder, platform: 'linux', readFile: readTextFile }
  const { settings, problems } = readSettings(source)
  return { settings, problems: problems.map(({ source, what }) => `${source} ${what}`) }
}

const github = { GITHUB_CLIENT_ID: 'Iv1.abc', GITHUB_CLIENT_SECRET: 'shh' }

describe('sign-in of the environment', () => {
  test('is none as shipped', () => {
    expect(read({}).settings.signIn).toEqual([])
  })

  test('is GitHub, narrowed to an organization, and an Enterprise Server', () => {
    const env = { ...github, GITHUB_ORGANIZATION: 'example', GITHUB_URL: 'https://git.example/' }
    expect(read(env)).toMatchObject({
      problems: [],
      settings: {
        signIn: [
          {
            ...{ name: 'github', kind: 'github', issuer: 'https://git.example' },
            ...{ clientId: 'Iv1.abc', clientSecret: 'shh', narrowedTo: 'example' },
          },
        ],
      },
    })
    expect(read(github).settings.signIn[0]).toMatchObject({
      ...{ issuer: 'https://github.com', narrowedTo: null },
    })
  })

  test('is Google, with its secret in a file, narrowed to a Workspace', () => {
    writeFileSync(join(folder, 'secret'), 'from-file\n')
    const env = {
      ...{ GOOGLE_CLIENT_ID: 'g', GOOGLE_CLIENT_SECRET_FILE: 'secret' },
      GOOGLE_HOSTED_DOMAIN: 'example.com',
    }
    expect(read(env)).toMatchObject({
      problems: [],
      settings: {
        signIn: [{ name: 'google', clientSecret: 'from-file', narrowedTo: 'example.com' }],
      },
    })
  })

  test.each<[Record<string, string>, string]>([
    [{ GITHUB_CLIENT_ID: 'a' }, 'GITHUB_CLIENT_ID is set without GITHUB_CLIENT_SECRET'],
    [{ GITHUB_CLIENT_SECRET: 'a' }, 'GITHUB_CLIENT_SECRET is set without GITHUB_CLIENT_ID'],
    [{ GOOGLE_CLIENT_ID: 'a' }, 'GOOGLE_CLIENT_ID is set without GOOGLE_CLIENT_SECRET'],
    [{ GITHUB_ORGANIZATION: 'x' }, 'GITHUB_ORGANIZATION is set without GITHUB_CLIENT_ID'],
    [{ GOOGLE_HOSTED_DOMAIN: 'x.io' }, 'GOOGLE_HOSTED_DOMAIN is set without GOOGLE_CLIENT_ID'],
    [{ ...github, GITHUB_ORGANIZATION: 'a/b' }, 'GITHUB_ORGANIZATION is not the name'],
    [{ ...github, GITHUB_URL: 'http://git.example' }, 'GITHUB_URL would send a secret in clear'],
    [{ ...github, GITHUB_CLIENT_ID: 'a b' }, 'GITHUB_CLIENT_ID is not an id'],
  ])('%j is a problem', (env, expected) => {
    const { problems } = read(env)
    expect(problems).toEqual([expect.stringContaining(expected)])
    expect(problems.join()).not.toContain('shh')
  })
})

describe('sign-in of gatekeeper.yaml', () => {
  const entry = {
    ...{ name: 'pocket-id', title: 'Pocket ID', issuer: 'https://id.example.com' },
    ...{ clientId: 'gk', clientSecretFile: 'secrets/pocket-id' },
  }

  function load(signin: readonly object[]) {
    const services = 'services: {ollama: {kind: ollama, routes: [{prefix: /api}]}}'
    const text = `version: 1\n${services}\nsignin: ${JSON.stringify(signin)}\n`
    writeFileSync(join(folder, 'gatekeeper.yaml'), text)
    const { settings } = read(github)
    const { problems, ...gateway } = loadGateway(settings, readTextFile)
    return { settings, ...gateway, problems: problems.map(({ what }) => what) }
  }

  test('is another provider, whose secret only the admin process reads', () => {
    const { settings, signin, problems } = load([entry])
    expect(problems).toEqual([])
    expect(signin).toMatchObject([{ clientSecretFile: join(folder, 'secrets/pocket-id') }])
    // The gatekeeper starts without that file; the admin process does not.
    expect(() => readLoginProviders(settings, readTextFile)).toThrow(ProblemsError)
    const providers = readLoginProviders(settings, (path) =>
      path.endsWith('pocket-id') ? 'from-file\n' : readTextFile(path),
    )
    expect(providers).toMatchObject([
      { name: 'github' },
      {
        ...{ name: 'pocket-id', title: 'Pocket ID', kind: 'openid', clientSecret: 'from-file' },
        ...{ issuer: 'https://id.example.com', scopes: ['openid'], narrowedTo: null },
      },
    ])
  })

  test('has rules for accounts that need no invitation, which give no service by themselves', () => {
    const { signin, problems } = load([{ ...entry, rules: [{ when: { groups: 'staff' } }] }])
    expect(problems).toEqual([])
    expect(signin).toMatchObject([
      {
        nameClaim: 'preferred_username',
        rules: [{ when: { groups: ['staff'] }, role: 'member', access: null }],
      },
    ])
  })

  test.each<[string, readonly object[]]>([
    ['a name of ours', [{ ...entry, name: 'github' }]],
    ['a name that is no part of an address', [{ ...entry, name: '../x' }]],
    ['a name twice', [entry, entry]],
    ['an issuer in clear', [{ ...entry, issuer: 'http://id.example.com' }]],
    ['an issuer with a password', [{ ...entry, issuer: 'https://a:b@id.example.com' }]],
    ['no secret', [{ ...entry, clientSecretFile: undefined }]],
    ['a secret itself', [{ ...entry, clientSecret: 'x' }]],
    ['scopes without openid', [{ ...entry, scopes: ['email'] }]],
    ['a scope with a space', [{ ...entry, scopes: ['openid', 'a b'] }]],
    ['a rule that makes owners', [{ ...entry, rules: [{ when: { groups: 'x' }, role: 'owner' }] }]],
    ['a rule for everybody', [{ ...entry, rules: [{ when: {} }] }]],
    [
      'a rule with a wrong limit',
      [
        {
          ...entry,
          rules: [{ when: { groups: 'x' }, access: { services: ['a'], limits: ['x'] } }],
        },
      ],
    ],
  ])('is refused with %s', (_, signin) => {
    expect(load(signin).problems.length).toBeGreaterThan(0)
  })
})
