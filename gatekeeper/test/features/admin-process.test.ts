/** The admin process alone: its one socket, its start and its end. */
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { startAdmin, testAdminMain } from '../support/admin.ts'
import { shippedGateway } from '../support/gateway-file.ts'
import { exchangeUnix, lines } from '../support/raw.ts'

let folder: string
let env: Record<string, string | undefined>
let socket: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gk-admin-'))
  for (const name of ['keys', 'state']) mkdirSync(join(folder, name), { mode: 0o700 })
  writeFileSync(join(folder, 'gatekeeper.yaml'), shippedGateway)
  socket = join(folder, 'state/run/control/admin.sock')
  env = {
    PATH: process.env['PATH'],
    GATEKEEPER_STATE_DIR: join(folder, 'state'),
    GATEKEEPER_KEYS_DIR: join(folder, 'keys'),
    GATEKEEPER_CONFIG: join(folder, 'gatekeeper.yaml'),
  }
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

/** Sends a body to the socket as a client of it would. */
const post = (body: string, path = '/handed-over') =>
  exchangeUnix(
    socket,
    `${lines(`POST ${path} HTTP/1.1`, 'Host: admin', 'Content-Type: application/json', `Content-Length: ${Buffer.byteLength(body)}`, 'Connection: close')}${body}`,
  )

const handed = {
  ...{ method: 'GET', pattern: '/nothing', params: {}, query: '', body: null },
  principal: { id: 'key:a', kind: 'key', user: 'ada', role: 'admin', services: ['control'] },
  ...{ clientAddress: '127.0.0.1', userAgent: null, requestId: 'r1' },
}

describe('the admin process', () => {
  it('listens on one socket, which only its user can open, and on no port', async () => {
    const admin = await startAdmin(env)
    try {
      expect(statSync(socket).mode & 0o777).toBe(0o600)
      expect(statSync(join(socket, '..')).mode & 0o777).toBe(0o700)
      expect(listeningPorts(admin.process.pid ?? 0)).toEqual([])
      expect(await exchangeUnix(socket, lines('GET /livez HTTP/1.1', 'Host: a'))).toContain(' 200 ')
    } finally {
      expect(await admin.stop()).toBe(0)
    }
  })

  it('refuses what no gatekeeper hands over, and logs no word of it', async () => {
    const admin = await startAdmin(env)
    try {
      for (const body of [
        ...['', '{', '[]', '"x"', '{"secret-word":1}', '{"__proto__":{"secret-word":1}}'],
        JSON.stringify({ ...handed, more: 'secret-word' }),
        JSON.stringify({ ...handed, principal: { ...handed.principal, role: null } }),
        JSON.stringify(handed),
        JSON.stringify({ ...handed, body: 'secret-word'.repeat(20_000) }),
      ]) {
        const answer = await post(body)
        expect([body.slice(0, 40), answer]).toEqual([
          body.slice(0, 40),
          expect.stringMatching(/^HTTP\/1\.1 (?:400|500) /),
        ])
        expect(answer).not.toContain('secret-word')
      }
      expect(await post('{}', '/handed-over/')).toContain(' 404 ')
      expect(admin.output()).not.toContain('secret-word')
    } finally {
      await admin.stop()
    }
  })

  it('does not start beside another one, which keeps its socket', async () => {
    const admin = await startAdmin(env)
    try {
      expect(end(env).status).toBe(69)
      expect(await exchangeUnix(socket, lines('GET /livez HTTP/1.1', 'Host: a'))).toContain(' 200 ')
    } finally {
      await admin.stop()
    }
  })

  it.each<[string, Record<string, string>]>([
    ['a setting that does not exist', { GATEKEEPER_CONSOEL: 'on' }],
    ['a value that is not one', { GATEKEEPER_CONSOLE: 'maybe' }],
    ['its own absence', { GATEKEEPER_CONSOLE: 'off' }],
  ])('ends with 78 and names the setting: %s', (_, wrong) => {
    const { status, output } = end({ ...env, ...wrong })
    expect([status, output]).toEqual([78, expect.stringContaining(Object.keys(wrong)[0] ?? '')])
  })
})

function end(environment: Record<string, string | undefined>) {
  const options = { env: environment, encoding: 'utf8', timeout: 60_000 } as const
  const { status, stdout, stderr } = spawnSync(process.execPath, [testAdminMain], options)
  return { status, output: stdout + stderr }
}

/** The TCP ports on which a process of Linux listens. */
function listeningPorts(pid: number): string[] {
  return ['tcp', 'tcp6', 'udp', 'udp6'].flatMap((name) => {
    const inodes = socketsOf(pid)
    const rows = readFileSync(`/proc/${pid}/net/${name}`, 'utf8').split('\n').slice(1)
    return rows.filter((row) => inodes.has(row.trim().split(/\s+/)[9] ?? ''))
  })
}

function socketsOf(pid: number): Set<string> {
  const { stdout } = spawnSync('ls', ['-l', `/proc/${pid}/fd`], { encoding: 'utf8' })
  return new Set([...stdout.matchAll(/socket:\[(\d+)\]/g)].map(([, inode]) => inode ?? ''))
}
