import { describe, expect, it } from 'vitest'
import { waitUntil } from '../support/child.ts'
import { makeKey } from '../support/keys.ts'
import { startStack, testCaddy } from '../support/stack.ts'

const following = makeKey({ services: ['ollama', 'litellm'] })
const losing = makeKey({ services: ['ollama'] })

const config = `version: 1
services:
  ollama: {kind: ollama, routes: [{prefix: /api}]}
  litellm: {kind: openai, upstream: {url: "http://127.0.0.1:1"}, routes: [{prefix: /v1}]}
`

describe.skipIf(testCaddy === null)('/v1, after it moved to LiteLLM', () => {
  it('is closed to the keys without that service, and the start lists them', async () => {
    const stack = await startStack({ keys: [following, losing], config })
    await waitUntil(() => stack.gatekeeper.output().includes('can no longer use it'), {
      ...{ limitMs: 2_000, describe: stack.gatekeeper.output },
    })
    const line = stack.gatekeeper
      .output()
      .split('\n')
      .find((text) => text.includes('can no longer use it'))
    expect(JSON.parse(line ?? '')).toMatchObject({ keys: [losing.id] })
    expect((await stack.send('/v1/models', { key: losing.key })).status).toBe(403)
    expect((await stack.send('/v1/models', { key: following.key })).status).toBe(503)
    await stack.stop()
  })
})
