import { litellm as part } from '../../gatekeeper/test/real/parts/litellm.ts'
import type { Peer } from './peer.ts'

/** LiteLLM's proxy with its master key and no database, from the pinned test environment. */
export const litellm: Peer = {
  name: 'litellm',
  what: "LiteLLM's proxy, relaying an OpenAI chat for its master key",
  // A marker only: the environment itself is in the cache of the suite `real`.
  folder: 'litellm-1',
  listensEverywhere: false,
  build: async (_, log) => {
    const provided = await part.provision(log)
    if (!provided.available) throw new Error(provided.why)
  },
  entry: ({ port, key }) => ({
    address: `127.0.0.1:${port}`,
    ...{ checkPath: null, directives: [] },
    authorization: `Bearer ${masterKey(key)}`,
  }),
  start: async ({ appUrl, key, port, undo }) => {
    const models = { 'tiny:latest': { apiBase: `${appUrl}/v1`, model: 'tiny' } }
    const running = await part.start({ masterKey: masterKey(key), models, port })
    undo(running.stop)
    return null
  },
}

/** LiteLLM accepts only keys that begin with `sk-`. */
const masterKey = (key: string) => `sk-${key}`
