import { expect, it } from 'vitest'
import { keyFileText, makeKey } from '../../test/support/keys.ts'
import { parseKeyFile } from '../api-keys/key-file.ts'
import { compareKeys } from './key-set-change.ts'

const read = (keys: Parameters<typeof keyFileText>[0]) =>
  parseKeyFile(keyFileText(keys), 'keys.json', { serviceNameOf: (name) => name }).keys

function compare(before: ReturnType<typeof read>, after: ReturnType<typeof read>) {
  const steps = compareKeys(before, after)
  for (let count = 1; ; count++) {
    const step = steps.next()
    if (step.done) return { ...step.value, steps: count }
  }
}

it('the difference of two key sets lists added, removed and changed keys, and nothing else', () => {
  const [kept, gone, made, altered] = [makeKey(), makeKey(), makeKey(), makeKey()]
  const before = read([kept, gone, altered])
  const admin = { ...altered, entry: { ...altered.entry, role: 'admin' } }
  const after = read([made, admin, kept])
  expect(compare(before, after)).toMatchObject({
    ...{ added: [made.id], removed: [gone.id], changed: [altered.id] },
  })
  expect(compare(before, before)).toMatchObject({ added: [], removed: [], changed: [] })
})

it('large sets are compared in steps', () => {
  const [key] = read([makeKey()])
  if (key === undefined) throw new Error('no key')
  const many = Array.from({ length: 2_001 }, (_, at) => ({ ...key, id: `id${at}` }))
  expect(compare([], many)).toMatchObject({ steps: 5 })
})
