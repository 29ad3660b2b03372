import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { expect, test } from 'vitest'
import { freePort } from '../../test/support/free-port.ts'
import { createReachability } from './reachability.ts'

const upstreamAt = (port: number) => ({ origin: `http://127.0.0.1:${port}`, key: null })

test('a port that accepts is reachable, and one that refuses is not', async () => {
  let asked = 0
  const server = createServer((socket) => {
    socket.on('error', () => {})
    socket.on('data', () => asked++)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const reach = createReachability({ clock: () => 1_000 })
  expect(await reach(upstreamAt((server.address() as AddressInfo).port))).toEqual({
    ...{ isReachable: true, checkedAt: 1_000 },
  })
  expect((await reach(upstreamAt(await freePort()))).isReachable).toBe(false)
  expect(asked).toBe(0)
  server.close()
})

test('who asks again at once gets the same answer without another connection', async () => {
  let connections = 0
  const server = createServer((socket) => {
    connections++
    socket.on('error', () => {})
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  let now = 1_000
  const reach = createReachability({ clock: () => now })
  const upstream = upstreamAt((server.address() as AddressInfo).port)
  await Promise.all([reach(upstream), reach(upstream)])
  now += 4_999
  await reach(upstream)
  expect(connections).toBe(1)
  now += 2
  await reach(upstream)
  expect(connections).toBe(2)
  server.close()
})

test('an address that never answers is not reachable, after the time limit', async () => {
  // Reserved for documentation (RFC 5737): no packet comes back.
  const upstream = { origin: 'http://192.0.2.1:9', key: null }
  const reach = createReachability({ clock: () => 0 }, { timeoutMs: 100 })
  expect((await reach(upstream)).isReachable).toBe(false)
})
