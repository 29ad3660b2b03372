import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { waitUntil } from '../support/child.ts'
import { exchange, lines, openTls } from '../support/raw.ts'
import { type Stack, startStack, testCaddy } from '../support/stack.ts'
import { readAnswer, withoutChance } from './support/answers.ts'
import { carriers } from './support/texts/carriers.ts'

/** Keys of an older set-up, chosen without any rule. */
const plainKeys: Readonly<Record<string, string>> = {
  'of letters and digits': 'an-older-key-0123456789-abcdefghij',
  'like base64': 'c29tZSBvbGRlciBrZXkgd2l0aCBwYWRkaW5n+/==',
  'with a colon': 'user:an-older-key-0123456789',
  'called __proto__': '__proto__',
  'called constructor': 'constructor',
}

// Letters beyond ASCII can be sent in Basic only; the key file warns of such keys.
describe.skipIf(testCaddy === null)('a plain key of an older set-up', () => {
  let stack: Stack
  beforeAll(async () => {
    stack = await startStack()
    const entry = '{"user":"old","service":"chat","created_at":"2024-01-01"}'
    // As text: an object literal would lose a member called __proto__.
    const members = Object.values(plainKeys).map((key) => `${JSON.stringify(key)}:${entry}`)
    await writeFile(join(stack.keysFile), `{${members.join(',')}}`)
    await waitUntil(() => stack.gatekeeper.output().includes('keys reloaded'), {
      ...{ limitMs: 3_000, describe: stack.gatekeeper.output },
    })
  })
  afterAll(() => stack?.stop())

  const send = async (path: string, fields: readonly (readonly [string, string])[]) => {
    const named = fields.map(([name, value]) => `${name}: ${value}`)
    const bytes = lines(`GET ${path} HTTP/1.1`, 'Host: localhost', ...named)
    return await exchange(await openTls(stack), bytes)
  }

  describe.each([
    ['check', '/chat/api/tags'],
    ['relay', '/api/tags'],
  ])('%s', (_point, path) => {
    it.each(Object.entries(plainKeys))(
      '%s gets one decision in every carrier',
      async (_kind, key) => {
        const bytes = Buffer.from(key).toString('latin1')
        const verdicts = new Set<string>()
        for (const { carry } of carriers) {
          verdicts.add(withoutChance(await send(path, [carry(bytes)])))
        }
        expect([...verdicts].map((text) => readAnswer(text).status)).toEqual([200])
      },
    )

    const key = plainKeys['of letters and digits'] ?? ''
    type Sent = Parameters<typeof send>
    const places: [string, (guess: string) => Sent][] = [
      ['in the URL', (guess) => [`${path}?a=x&k=${guess},y/z`, []]],
      ['in the path', (guess) => [`${path}/${guess}`, []]],
      ['among sub-protocols', (guess) => [path, [['Sec-WebSocket-Protocol', `a, ${guess}, b`]]]],
    ]
    it.each(places)(
      'an unknown caller does not learn which of thousands is a key: %s',
      async (_place, place) => {
        const [hit = '', miss = ''] = await Promise.all(
          [key, key.replace('older', 'other')].map(async (guess) => {
            const answer = await send(...place(guess))
            return withoutChance(answer).replaceAll(guess, 'GUESS')
          }),
        )
        expect(readAnswer(hit).status).toBe(401)
        expect(hit).toBe(miss)
      },
    )

    it.each(['?key=KEY', '?KEY', '?k=Bearer%20KEY', '?a=%22KEY%22', '/KEY', '/x/KEY'])(
      'is refused in the URL, also together with the same key in a field, and not logged: %s',
      async (form) => {
        stack.upstream.reset()
        const written = () => stack.gatekeeper.output() + stack.caddy.output()
        const count = written().split(key).length
        const text = await send(path + form.replace('KEY', key), [['X-Api-Key', key]])
        expect(readAnswer(text).status).toBeGreaterThanOrEqual(400)
        expect(stack.upstream.requests).toBe(0)
        await sleep(50)
        expect(written().split(key)).toHaveLength(count)
      },
    )
  })
})
