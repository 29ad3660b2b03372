import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { openCloneForEach } from '../../test/clone.ts'
import { cloudModels } from './cloud-models.ts'

const clone = openCloneForEach()

const origin = 'http://10.0.0.9:11434'
const env = { OLLAMA_URL: origin }
/** An Ollama that reports this, and no other server that answers. */
const ollama = (text: string, status = 200) => ({
  get: async (url: string) =>
    url === `${origin}/api/status` ? { status, text, dateAt: null } : null,
})
// In the words of Ollama 0.17.4.
const open = ollama('{"cloud":{"disabled":false,"source":"none"}}')
const closed = ollama('{"cloud":{"disabled":true,"source":"env"}}')

const rewrite = async (change: (text: string) => string) => {
  const text = await readFile(join(clone.folder, 'gatekeeper.yaml'), 'utf8')
  expect(change(text)).not.toBe(text)
  await clone.write('gatekeeper.yaml', change(text), 0o644)
}

const checkChat = () =>
  rewrite((text) => text.replace('/chat, strip: true }', '/chat, strip: true, mode: check }'))

describe("the vendor's models", () => {
  it('of an Ollama behind a check route are named, with the route and the cure', async () => {
    await checkChat()
    expect(await clone.examine(cloudModels, env, open)).toEqual([
      {
        level: 'warning',
        source: origin,
        what: expect.stringContaining('/chat is checked only'),
        remedy: expect.stringContaining('OLLAMA_NO_CLOUD=1'),
      },
    ])
  })

  it.each([
    ['that runs none', closed],
    ['that does not say, as old ones do not', ollama('404 page not found', 404)],
    ['that says something else', ollama('{"cloud":null}')],
    ['that answers with no JSON', ollama('<html>')],
    ['that is not there', {}],
  ])('are nothing to say of an Ollama %s', async (_, outside) => {
    await checkChat()
    expect(await clone.examine(cloudModels, env, outside)).toEqual([])
  })

  it('are nothing to say where every route of it is relayed, as shipped', async () => {
    expect(await clone.examine(cloudModels, env, open)).toEqual([])
  })

  it('are nothing to say where no role may use them, and something where one may', async () => {
    await checkChat()
    const no = 'cloudModels: false'
    await rewrite((text) => `${text}\nroles: {readonly: {${no}}, readwrite: {${no}}}\n`)
    expect(await clone.examine(cloudModels, env, open)).toHaveLength(1)
    await rewrite((text) => text.replace('roles: {', `roles: {admin: {${no}}, `))
    expect(await clone.examine(cloudModels, env, open)).toEqual([])
  })
})
