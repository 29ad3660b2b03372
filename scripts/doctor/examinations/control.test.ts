import { expect, it } from 'vitest'
import { createApiKey, hashKey } from '../../../gatekeeper/src/api-keys/api-key.ts'
import { control } from '../../../gatekeeper/src/operations/doctor/examinations/control.ts'
import { openCloneForEach } from '../../test/clone.ts'

const clone = openCloneForEach()

const secrets = [{ sha256: hashKey(createApiKey().key), createdAt: null, expiresAt: null }]
const keyOf = (services: readonly string[], role = 'admin') => ({
  ...{ user: 'ada', role, services, secrets, createdAt: null, expiresAt: null },
})
const write = (keys: Readonly<Record<string, unknown>>) =>
  clone.write('keys/keys.json', JSON.stringify({ version: 1, keys }))

it('nobody administers unless a credential of role admin names the service', async () => {
  await write({ aaaaaaaaaa: keyOf(['ollama']), bbbbbbbbbb: keyOf(['control'], 'readwrite') })
  expect(await clone.examine(control)).toEqual([])
})

it('everybody who may administer is named', async () => {
  await write({ aaaaaaaaaa: keyOf(['ollama', 'control']), bbbbbbbbbb: keyOf(['ollama']) })
  await clone.write('.env', `ADMIN_API_KEY=${'a'.repeat(40)}\n`)
  const [found, ...others] = await clone.examine(control)
  expect(others).toEqual([])
  expect(found?.what).toBe('key aaaaaaaaaa, the holder of ADMIN_API_KEY may administer (/admin)')
})

it('clients and rules of role admin with `*` are named as those that do not', async () => {
  await clone.write(
    '.env',
    `OAUTH_CLIENT_ID_ADMIN=ops\nOAUTH_CLIENT_SECRET_ADMIN=${'a'.repeat(40)}\n`,
  )
  const [found, ...others] = await clone.examine(control)
  expect(others).toEqual([])
  expect(found?.what).toBe(
    'client ops have the role admin and the services *, which does not include control',
  )
})
