import { createApiKey, hashKey } from '../../src/api-keys/api-key.ts'
import type { Role } from '../../src/model/principal.ts'

/** One key of a test: the text that a client sends, and its entry for `keys.json`. */
export type TestKey = { readonly id: string; readonly key: string; readonly entry: KeyEntry }

type KeyEntry = Record<string, unknown>

const everyService = ['ollama', 'litellm', 'tts', 'whisper', 'image']

/** Makes a key that may call everything as readwrite, unless `entry` says otherwise. */
export function makeKey(entry: { role?: Role; services?: string[] } & KeyEntry = {}): TestKey {
  const { id, key } = createApiKey()
  const createdAt = '2026-01-01T00:00:00Z'
  return {
    id,
    key,
    entry: {
      user: 'ada',
      role: 'readwrite',
      services: everyService,
      secrets: [{ sha256: hashKey(key), createdAt, expiresAt: null }],
      createdAt,
      expiresAt: null,
      disabled: false,
      addresses: [],
      origins: [],
      models: [],
      limits: [],
      ...entry,
    },
  }
}

/** Keys that are refused, each for its own reason, although their requests are valid. */
export function makeRefusedKeys() {
  return {
    elsewhere: makeKey({ services: ['tts'] }),
    expired: makeKey({ expiresAt: '2026-01-02T00:00:00Z' }),
    disabled: makeKey({ disabled: true }),
    away: makeKey({ addresses: ['10.9.8.0/24'] }),
    paged: makeKey({ origins: ['https://app.example'] }),
  } as const
}

/** The text of a `keys.json` that holds these keys. */
export function keyFileText(keys: readonly TestKey[]): string {
  const entries = Object.fromEntries(keys.map(({ id, entry }) => [id, entry]))
  return `${JSON.stringify({ version: 1, keys: entries }, null, 2)}\n`
}
