import { expect, it } from 'vitest'
import { findPublicName } from './public-name.ts'

it.each([
  [{ RAILWAY_PUBLIC_DOMAIN: 'chat-production.up.railway.app' }, 'chat-production.up.railway.app'],
  [{ RENDER_EXTERNAL_HOSTNAME: 'chat.onrender.com' }, 'chat.onrender.com'],
  [{ FLY_APP_NAME: 'chat' }, 'chat.fly.dev'],
  [{ RAILWAY_PUBLIC_DOMAIN: '' }, null],
  [{}, null],
])('of %o the public name is %s', (env, name) => {
  expect(findPublicName(env)).toBe(name)
})
