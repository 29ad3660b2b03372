import { expect, test } from 'vitest'
import { aPrincipal, aQuestion } from '../../../test/support/questions.ts'
import { noBody } from '../../model/facts.ts'
import { grantedUnload } from './granted-unload.ts'

const ask = (role: 'readonly' | 'readwrite' | 'admin', isUnload: boolean) =>
  grantedUnload.examine(
    aQuestion({ principal: aPrincipal({ role }), body: { ...noBody, isUnload } }),
  )

test.each([
  ['readonly', 'unload-not-granted'],
  ['readwrite', 'unload-not-granted'],
  ['admin', null],
] as const)('unloading a model for everybody, as %s: %j', (role, expected) => {
  expect(ask(role, true)).toBe(expected)
  expect(ask(role, false)).toBeNull()
})
