/**
 * Twenty keys and their parts, used in every way; then every file, log line, metric and record is
 * searched for them: whole, in halves, and in other spellings.
 */

import { randomBytes } from 'node:crypto'
import { globSync, readFileSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, it } from 'vitest'
import { runKeys } from '../../../scripts/test/run-keys.ts'
import { type AppStack, startAppStack } from '../features/support/app-stack.ts'
import { exchangeUnix } from '../support/raw.ts'
import { testCaddy } from '../support/stack.ts'

/** How a secret could stand somewhere; each is long enough to be there by no accident. */
function spellingsOf(secret: string): string[] {
  const half = Math.ceil(secret.length / 2)
  const halves = [secret.slice(0, half), secret.slice(half)]
  return [secret, ...halves].flatMap((text) => {
    const bytes = Buffer.from(text)
    return [
      text,
      bytes.toString('hex'),
      bytes.toString('hex').toUpperCase(),
      encodeURIComponent(text),
      // Base64 within a longer one begins at one of three places.
      ...[0, 1, 2].map((skip) => {
        const length = Math.floor((bytes.length - skip) / 3) * 3
        return bytes.subarray(skip, skip + length).toString('base64')
      }),
    ]
  })
}

/** The share of a client's part, as text and as its bytes are written. */
function spellingsOfPart(part: string): string[] {
  const share = Buffer.from(part.slice(-43), 'base64url')
  return [
    ...spellingsOf(part.slice(-43)),
    ...(['hex', 'base64'] as const).map((form) => share.toString(form)),
    share.subarray(0, 16).toString('hex'),
    share.subarray(16).toString('hex'),
  ]
}

async function useEverywhere(apps: AppStack, name: string) {
  const token = await apps.tokenOf(name)
  const key = `sk-canary-${randomBytes(24).toString('base64url')}`
  const split = await apps.send('/api/split-key/split', {
    key: token,
    json: { originalKey: key, apiProvider: 'openai', keyId: `canary-${name}` },
  })
  const { keyId, clientPart } = split.json.data as { keyId: string; clientPart: string }
  const ask = async (id: string, part: string, path = '/openai/v1/chat/completions') =>
    await apps.send(path, {
      key: token,
      headers: { 'x-partial-key-id': id, 'x-partial-key': part },
      json: { model: 'gpt-4o-mini', messages: [{ role: 'user', content: 'Hi' }] },
    })
  const at = `/api/split-key/${keyId}`
  const changed = clientPart.slice(0, -2) + (clientPart.endsWith('AA') ? 'BA' : 'AA')
  const answers = [
    await ask(keyId, clientPart),
    await ask(keyId, changed),
    // In each other's place, alone, and where they do not belong.
    await ask(clientPart, keyId),
    await ask(key, clientPart),
    await ask(keyId, key),
    await ask(keyId, clientPart, '/groq/openai/v1/chat/completions'),
    await ask(keyId, clientPart, '/api/chat'),
    // In a URL, where every log on the way would have it, and where clients name themselves.
    await apps.send(`/api/split-key/${clientPart}`, { key: token }),
    await apps.send(`/openai/v1/models/${clientPart}`, { key: token }),
    await apps.send(`/openai/v1/models?after=${encodeURIComponent(clientPart)}`, { key: token }),
    await apps.send(at, { key: token, headers: { 'user-agent': `app ${clientPart}` } }),
    await apps.send('/nothing', { headers: { 'user-agent': clientPart } }),
    await apps.send(`${at}/validate`, { key: token, json: { clientPart } }),
    await apps.send(`${at}/validate`, { key: token, json: { clientPart: changed } }),
    await apps.send(`${at}/validate`, { key: token, json: { clientPart: key } }),
    await apps.send('/api/split-key', { key: token }),
    await apps.send(at, { key: token }),
    // The same id again, and a key where none belongs.
    await apps.send('/api/split-key/split', {
      ...{ key: token, json: { originalKey: key, apiProvider: 'openai', keyId } },
    }),
    await apps.send('/api/split-key/split', {
      ...{ key: token, json: { originalKey: key, apiProvider: 'acme' } },
    }),
  ]
  const rotated = await apps.send(`${at}/rotate`, { key: token, json: { clientPart } })
  const next = rotated.json.data.clientPart as string
  answers.push(await ask(keyId, next), await ask(keyId, clientPart))
  return { key, parts: [clientPart, next], answers, statuses: answers.map((one) => one.status) }
}

it.skipIf(testCaddy === null)(
  'no file, log, metric, record or answer has a key, a part, a half of one, or another spelling',
  async () => {
    const apps = await startAppStack()
    try {
      apps.provider.answer = ({ headers }, response) => {
        // Providers repeat keys in errors.
        const isRefused = apps.seen.length % 2 === 0
        const message = `Incorrect API key provided: ${headers.authorization}`
        response.writeHead(isRefused ? 401 : 200, { 'content-type': 'application/json' })
        response.end(JSON.stringify(isRefused ? { error: { message } } : { choices: [] }))
      }
      const used = []
      for (let count = 0; count < 20; count++)
        used.push(await useEverywhere(apps, `canary-user-${count}`))
      expect(
        used[0]?.statuses.filter((status) => [200, 502].includes(status)).length,
      ).toBeGreaterThan(3)
      expect(apps.seen.length).toBeGreaterThanOrEqual(40)
      const vault = async (...words: string[]) =>
        await runKeys('', words, { program: 'vault', env: apps.stack.env })
      const commands = [await vault('rotate'), await vault('rewrap'), await vault('verify')]
      const { stateDir } = apps.stack
      const ops = (path: string) =>
        exchangeUnix(
          join(stateDir, 'run/ops.sock'),
          `GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`,
        )
      const told = [await ops('/metrics'), await ops('/readyz')]
      const said = [apps.stack.gatekeeper, apps.stack.caddy, apps.admin()].map((one) =>
        one.output(),
      )
      const folder = dirname(stateDir)
      const files = globSync('**/*', { cwd: folder })
        .map((name) => join(folder, name))
        .filter((path) => statSync(path).isFile())
      expect(files.length).toBeGreaterThan(10)
      const names = files.map((path) => path.slice(folder.length))
      expect(names).toEqual(expect.arrayContaining(['/keys/split-keys.json', '/state/usage.db']))
      // As latin1 every byte is one letter, also in databases.
      const texts = files.map((path) => readFileSync(path, 'latin1'))
      const answers = used.flatMap((one) => one.answers.map(({ text }) => text))
      const everything = [...texts, ...said, ...told, ...commands.map(({ out, err }) => out + err)]
      const haystack = [...everything, ...answers].join('\n')
      const found = used.flatMap(({ key, parts }) =>
        [...spellingsOf(key.slice(10)), key, ...parts.flatMap(spellingsOfPart)].filter((text) =>
          haystack.includes(text),
        ),
      )
      expect(found).toEqual([])
      // The search finds what is there.
      expect(haystack).toContain('canary-canary-user-0')
    } finally {
      await apps.stop()
    }
  },
  240_000,
)
