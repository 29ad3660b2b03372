import { expect, test } from 'vitest'
import { createResponseOwners } from './response-owners.ts'

const ada = { service: 'litellm', principal: 'key:ada', id: 'resp_1' }
const bob = { ...ada, principal: 'key:bob' }

test('an answer belongs to the caller of its request, at its service only', () => {
  const owners = createResponseOwners()
  expect(owners.isOwn(ada)).toBe(false)
  owners.remember(ada)
  expect(owners.isOwn(ada)).toBe(true)
  for (const other of [bob, { ...ada, service: 'vllm' }, { ...ada, id: 'resp_2' }]) {
    expect(owners.isOwn(other)).toBe(false)
  }
})

test('an id that appears again for another caller belongs to nobody from then on', () => {
  const owners = createResponseOwners()
  for (const one of [ada, bob, ada, bob]) owners.remember(one)
  expect([owners.isOwn(ada), owners.isOwn(bob)]).toEqual([false, false])
})

test('an id that was dropped belongs to nobody', () => {
  const owners = createResponseOwners({ max: 2 })
  for (const id of ['resp_1', 'resp_2', 'resp_3']) owners.remember({ ...ada, id })
  const own = ['resp_1', 'resp_2', 'resp_3'].map((id) => owners.isOwn({ ...ada, id }))
  expect(own).toEqual([false, true, true])
})
