import { expect, test } from 'vitest'
import { toAccess, toForm } from './person.ts'

test('an access is the same after it was a form', () => {
  const access = {
    ...{ role: 'readonly', services: ['ollama', 'tts'] },
    ...{ models: ['llama3*'], limits: ['60/min', '5usd/month'] },
  }
  expect(toAccess(toForm(access))).toEqual(access)
})

test('without a service there is no access', () => {
  expect(toAccess({ ...toForm(null), limits: '60/min' })).toBe(null)
})
