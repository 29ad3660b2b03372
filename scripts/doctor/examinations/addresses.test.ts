import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { recordActs } from '../../../gatekeeper/src/audit/acts.ts'
import { addresses } from '../../../gatekeeper/src/operations/doctor/examinations/addresses.ts'
import { now, openCloneForEach } from '../../test/clone.ts'

const clone = openCloneForEach()

/** Records of requests, as the audit has them. */
async function record(clients: readonly string[], over: object = {}, at = now - 60_000) {
  const records = clients.map((clientAddress, index) => ({
    ...{ event: 'request', outcome: 'allow', clientAddress, user: index % 2 ? 'ada' : 'eve' },
    ...over,
  }))
  await recordActs(join(clone.folder, '.gatekeeper/audit'), records, { clock: () => at })
}
const times = (count: number, address: string) => Array<string>(count).fill(address)

describe('one address for all clients', () => {
  it.each(['192.168.1.7', '172.18.0.1', '10.0.0.2', 'fd00::1', '100.64.0.9'])(
    'is reported: %s',
    async (address) => {
      await record(times(30, address))
      expect(await clone.examine(addresses)).toEqual([
        {
          ...{ level: 'warning', source: 'the audit' },
          what: expect.stringContaining(
            `all 30 requests of the last day came from one address, ${address}`,
          ),
          remedy: expect.stringContaining('trusted_proxies'),
        },
      ])
    },
  )

  it('of one user alone is only a hint', async () => {
    await record(times(30, '192.168.1.7'), { user: 'ada' })
    expect(await clone.examine(addresses)).toMatchObject([{ level: 'info' }])
  })

  it('is this machine on loopback, but a tunnel where the site is public', async () => {
    await record(times(30, '127.0.0.1'))
    expect(await clone.examine(addresses)).toEqual([])
    const env = { GATEKEEPER_SITE: 'ai.example.com' }
    expect(await clone.examine(addresses, env)).toMatchObject([{ level: 'warning' }])
  })

  it.each([
    ['a public address', times(30, '203.0.113.9')],
    ['two addresses', [...times(30, '10.0.0.2'), '10.0.0.3']],
    ['too few requests to say', times(19, '10.0.0.2')],
    ['no requests', []],
  ])('is not reported for %s', async (_, clients) => {
    await record(clients)
    expect(await clone.examine(addresses)).toEqual([])
  })

  it('is not reported for the day before', async () => {
    await record(times(30, '10.0.0.2'), {}, now - 25 * 3_600_000)
    expect(await clone.examine(addresses)).toEqual([])
  })
})

it('a broken file of rules is an error with its place', async () => {
  await clone.write('keys/rules.json', '{"version": 1,\n"rules": {"a": {"ip": "10.0.0"}}}')
  const found = await clone.examine(addresses)
  expect(found.length).toBeGreaterThan(0)
  expect(found[0]).toMatchObject({ level: 'error', line: 2 })
})
