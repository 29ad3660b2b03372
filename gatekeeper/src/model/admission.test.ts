import { expect, test } from 'vitest'
import { aPrincipal, aReservation, someFacts } from '../../test/support/questions.ts'
import { Admission } from './admission.ts'

const parts = {
  // A kind holds functions, which cannot be cloned.
  facts: someFacts({ service: null }),
  principal: aPrincipal(),
  obligations: [],
  reservation: aReservation(),
}

test('an admission is distinguished from every look-alike', () => {
  const admission = new Admission(parts)
  expect(Admission.isAdmission(admission)).toBe(true)
  expect(Admission.isAdmission({ ...admission })).toBe(false)
  expect(Admission.isAdmission(Object.create(Admission.prototype))).toBe(false)
  expect(Admission.isAdmission(Object.assign(Object.create(Admission.prototype), parts))).toBe(
    false,
  )
  expect(Admission.isAdmission(structuredClone({ ...parts, reservation: null }))).toBe(false)
  for (const other of [null, undefined, true, 'admission', 1, () => admission]) {
    expect(Admission.isAdmission(other)).toBe(false)
  }
})

test('a value that does not come from admission does not compile as one', () => {
  // @ts-expect-error: the private member makes the type nominal
  const forged: Admission = { ...parts }
  expect(Admission.isAdmission(forged)).toBe(false)
})
