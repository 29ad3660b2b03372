import { expect, it } from 'vitest'
import { choosingOwnerOf, subjectsOf } from './subject.ts'

it('an account of an app’s user belongs to the user, and no other account to anybody', () => {
  for (const owner of [
    'app:my-app:ada',
    'app:my-app:a:b',
    'app:my-app:a\u2028b',
    'app:x:app:y:z',
  ]) {
    for (const subject of subjectsOf(owner)) expect(choosingOwnerOf(subject)).toBe(owner)
  }
  const others = ['app:my-app', 'key:a', 'user:app:my-app:ada', 'service:app:a:b', 'global', 'app:']
  for (const subject of others) expect(choosingOwnerOf(subject)).toBeNull()
})
