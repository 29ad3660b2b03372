import { expect, test } from 'vitest'
import { createRoutes } from '../../admin/src/handed-over/routes.ts'
import { ownServices } from '../src/kinds/own/own-services.ts'
import type { Installation } from '../src/operations/installation.ts'

const rows = ownServices.flatMap(({ kind }) => kind.rows ?? []).filter((row) => row.handedOver)
const handedOver = [...new Set(rows.map(({ method, pattern }) => `${method} ${pattern}`))]
// Nothing is read before a request is answered.
const routes = Object.keys(createRoutes({} as Installation))

test('the admin process answers every row that is handed over, and nothing else', () => {
  expect(handedOver.length).toBeGreaterThan(10)
  // The gatekeeper itself tries a part of a split key: the admin process can open none.
  const tried = 'POST /api/split-key/{id}/validate'
  expect(handedOver).toContain(tried)
  expect(routes.sort()).toEqual(handedOver.filter((row) => row !== tried).sort())
})

test('whatever writes is administration, or belongs to the caller by its own check', () => {
  const writing = rows.filter(({ method }) => method !== 'GET')
  const owned = writing.filter((row) => row.class !== 'manage')
  expect(owned.filter(({ pattern }) => !pattern.startsWith('/api/split-key'))).toEqual([])
  // `/admin/health` is the gatekeeper's own, so that it works without the admin process.
  expect(rows.filter(({ pattern }) => pattern.startsWith('/admin/'))).toEqual(
    rows.filter((row) => row.class === 'manage'),
  )
})

test('every row that has a body is read as JSON within bounds, and every other refuses one', () => {
  const odd = rows.filter(({ method, body }) =>
    method === 'POST' || method === 'PUT' ? body !== 'json' : body !== 'none',
  )
  expect(odd).toEqual([])
})
