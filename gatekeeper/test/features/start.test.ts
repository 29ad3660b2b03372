import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { shippedGateway } from '../support/gateway-file.ts'
import { testMain } from '../support/main.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gk-start-'))
  mkdirSync(join(folder, 'keys'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

/** Starts a gatekeeper that is to end by itself. The thread of its journal runs from the beginning. */
function start({ config = shippedGateway, env = {} }) {
  writeFileSync(join(folder, 'gatekeeper.yaml'), config)
  const own = {
    PATH: process.env['PATH'],
    GATEKEEPER_STATE_DIR: join(folder, 'state'),
    GATEKEEPER_KEYS_DIR: join(folder, 'keys'),
    GATEKEEPER_CONFIG: join(folder, 'gatekeeper.yaml'),
  }
  const options = { env: { ...own, ...env }, encoding: 'utf8', timeout: 60_000 } as const
  const { status, stderr } = spawnSync(process.execPath, [testMain], options)
  return { status, stderr }
}

describe('a gatekeeper that cannot start', () => {
  it('names every problem of its configuration, ends with 78 and makes nothing', () => {
    const env = { GATEKEEPER_CHECK_LISTEN: 'nowhere' }
    const { status, stderr } = start({ config: `${shippedGateway}\ntimeZone: Nowhere\n`, env })
    expect(status).toBe(78)
    expect(stderr).toMatch(/GATEKEEPER_CHECK_LISTEN/)
    expect(stderr).toMatch(/timeZone: must be a time zone/)
    expect(existsSync(join(folder, 'state'))).toBe(false)
  })

  it('ends with 78 for a broken key file although its journal is opened meanwhile', () => {
    writeFileSync(join(folder, 'keys/keys.json'), '{"version": 1, "keys": [')
    const { status, stderr } = start({})
    expect(status).toBe(78)
    expect(stderr).toMatch(/keys\.json/)
  })
})
