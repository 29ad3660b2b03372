import { expect, test } from 'vitest'
import { aPrincipal, aQuestion } from '../../../test/support/questions.ts'
import { noBody } from '../../model/facts.ts'
import { grantedStore } from './granted-store.ts'

const ask = (role: 'readonly' | 'readwrite' | 'admin', usesStore: boolean) =>
  grantedStore.examine(
    aQuestion({ principal: aPrincipal({ role }), body: { ...noBody, usesStore } }),
  )

test.each([
  ['readonly', 'store-not-granted'],
  ['readwrite', 'store-not-granted'],
  ['admin', null],
] as const)('continuing a stored response, as %s: %j', (role, expected) => {
  expect(ask(role, true)).toBe(expected)
  expect(ask(role, false)).toBeNull()
})
