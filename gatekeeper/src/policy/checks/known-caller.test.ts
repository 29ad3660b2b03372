import { expect, test } from 'vitest'
import { aPrincipal, someFacts } from '../../../test/support/questions.ts'
import { type Reason, reasons } from '../../model/reason.ts'
import { knownCaller } from './known-caller.ts'

test('a principal passes', () => {
  expect(knownCaller.examine({ facts: someFacts(), caller: aPrincipal() })).toBeNull()
})

test.each(Object.keys(reasons) as Reason[])(
  'a caller without a principal is refused with the reason (%s)',
  (reason) => {
    expect(knownCaller.examine({ facts: someFacts(), caller: reason })).toBe(reason)
  },
)
