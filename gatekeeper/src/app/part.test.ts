import { expect, test } from 'vitest'
import { createParts } from './part.ts'

const problem = { source: 'file', what: 'is broken', remedy: 'Mend it.' }

test('parts are closed once, the last one first, each before the next', async () => {
  const closed: string[] = []
  const parts = createParts()
  for (const name of ['audit', 'journal', 'keys']) {
    const close = async () => {
      await Promise.resolve()
      closed.push(name)
    }
    await parts.add(Promise.resolve({ name, close }))
  }
  await Promise.all([parts.close(), parts.close()])
  expect(closed).toEqual(['keys', 'journal', 'audit'])
})

test('a part that did not open is not there; the parts before it are', async () => {
  const parts = createParts()
  await parts.add({ name: 'keys', problems: () => [problem], notes: () => [], close: () => {} })
  await expect(parts.add(Promise.reject(new Error('no')))).rejects.toThrow('no')
  expect(parts.problems()).toEqual({ keys: [problem] })
})

test('a part that cannot degrade is not listed', async () => {
  const parts = createParts()
  await parts.add({ name: 'outcomes', close: () => {} })
  await parts.add({ name: 'clients', problems: () => [], notes: () => [problem], close: () => {} })
  expect(parts.problems()).toEqual({ clients: [] })
  expect(parts.notes()).toEqual([problem])
})
