/** Keys of a team through Caddy: limits of everybody of it together, its services and its models. */
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { waitUntil } from '../support/child.ts'
import { makeKey, type TestKey } from '../support/keys.ts'
import { readChainOf } from '../support/read-chain.ts'
import { type Stack, startStack, testCaddy } from '../support/stack.ts'

const chat = { model: 'demo', messages: [{ role: 'user', content: 'hello' }], stream: false }

const config = `version: 1
teams:
  counted: {limits: [10/day]}
  narrow: {services: [chat], models: ['demo*']}
  elsewhere: {services: []}
services:
  ollama:
    kind: ollama
    aliases: [chat]
    slots: unlimited
    routes: [{prefix: /api}, {prefix: /checked, strip: true, mode: check}]
  tts: {kind: http, routes: [{prefix: /tts, strip: true}]}
`

const ofTeam = (team: string | null, user = 'ada') => makeKey({ team, user, services: ['ollama'] })
const keys = {
  one: ofTeam('counted'),
  other: ofTeam('counted', 'bob'),
  beside: ofTeam(null),
  narrow: makeKey({ team: 'narrow', services: ['ollama', 'tts'] }),
  elsewhere: ofTeam('elsewhere'),
  unwritten: ofTeam('unwritten'),
}

describe.skipIf(testCaddy === null)('a team', () => {
  let stack: Stack
  beforeAll(async () => {
    stack = await startStack({ keys: Object.values(keys), config })
  })
  afterAll(() => stack?.stop())

  const ask = (key: TestKey, body: object = chat) =>
    stack.send('/api/chat', { key: key.key, body: JSON.stringify(body), method: 'POST' })
  const standing = async (key: TestKey) =>
    JSON.parse((await stack.send('/status', { key: key.key })).text).limits as object[]

  it('shares its limit: of 100 parallel requests with two keys exactly as many pass', async () => {
    const answers = await Promise.all(
      Array.from({ length: 100 }, (_, at) => ask(at % 2 === 0 ? keys.one : keys.other)),
    )
    const passed = answers.filter(({ status }) => status === 200)
    const refused = answers.filter(({ status }) => status === 429)
    expect([passed.length, refused.length]).toEqual([10, 90])
    expect(refused[0]?.text).toContain('The limit 10/day of this team is used up')
    expect(stack.upstream.requests).toBe(10)
    const shared = { limit: '10/day', scope: 'team', used: 10, remaining: 0 }
    expect(await standing(keys.one)).toEqual([expect.objectContaining(shared)])
    expect(await standing(keys.other)).toEqual([expect.objectContaining(shared)])
    const check = await stack.send('/checked/api/version', { key: keys.other.key })
    expect([check.status, (await ask(keys.beside)).status]).toEqual([200, 200])
  })

  it('narrows services and models of its keys, and gives none', async () => {
    expect((await ask(keys.narrow)).status).toBe(200)
    const before = stack.upstream.requests
    expect((await ask(keys.narrow, { ...chat, model: 'other' })).status).toBe(404)
    expect(stack.upstream.requests).toBe(before)
    expect((await stack.send('/tts/voices', { key: keys.narrow.key })).status).toBe(403)
    expect((await ask(keys.elsewhere)).status).toBe(403)
    expect((await ask(keys.unwritten)).status).toBe(200)
  })

  it('is in every record of its requests, and in none of others', async () => {
    const records = () => readChainOf(join(stack.stateDir, 'audit'), 'requests-1').records
    const teamsOf = (key: TestKey) =>
      new Set(
        records().flatMap((one) => (one['principal'] === `key:${key.id}` ? [one['team']] : [])),
      )
    await waitUntil(() => teamsOf(keys.unwritten).size > 0, {
      ...{ limitMs: 10_000, describe: () => 'no record' },
    })
    expect(teamsOf(keys.one)).toEqual(new Set(['counted']))
    expect(teamsOf(keys.unwritten)).toEqual(new Set(['unwritten']))
    expect(teamsOf(keys.beside)).toEqual(new Set([undefined]))
  })
})
