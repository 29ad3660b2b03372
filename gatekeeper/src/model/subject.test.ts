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

it('an account of a visitor of the widget, its address and its network belongs to nobody else', () => {
  const owners = ['widget:x', 'widget:https://login#a:b', 'address:2001:db8::/64', 'network:a']
  for (const owner of owners) {
    for (const subject of subjectsOf(owner)) expect(choosingOwnerOf(subject)).toBe(owner)
  }
  for (const subject of ['service:widget', 'widget:', 'address']) {
    expect(choosingOwnerOf(subject)).toBeNull()
  }
})
