import { describe, expect, it } from 'vitest'
import { plainKeys } from '../../../gatekeeper/src/operations/doctor/examinations/plain-keys.ts'
import { openCloneForEach } from '../../test/clone.ts'

const clone = openCloneForEach()

const entry = (user: string) => ({ user, service: 'tts', created_at: '2024-01-01' })
const inClear = { level: 'warning', control: 'hashed-keys' }

describe('plain keys', () => {
  it('that a machine made are only reported as stored in clear', async () => {
    const map = { '3f9ac2d0b17e48556a90cd21e7f4b8031d6a': entry('ada') }
    await clone.write('old.json', JSON.stringify(map))
    expect(await clone.examine(plainKeys, { API_KEYS_FILE: 'old.json' })).toMatchObject([inClear])
  })

  it('that a person chose are named by line, user and service, and never shown', async () => {
    const map = {
      '3f9ac2d0b17e48556a90cd21e7f4b8031d6a': entry('ada'),
      'bob-tts-2024': entry('bob'),
    }
    await clone.write('old.json', JSON.stringify(map, null, 1))
    const found = await clone.examine(plainKeys, { API_KEYS_FILE: 'old.json' })
    expect(found).toMatchObject([
      inClear,
      {
        level: 'error',
        line: 7,
        control: 'strong-secrets',
        what: expect.stringContaining('"bob"'),
      },
    ])
    expect(JSON.stringify(found)).not.toContain('bob-tts-2024')
  })
})
