import { expect, test } from 'vitest'
import { createApiKey, hashKey } from '../../api-keys/api-key.ts'
import { isChosenByPerson } from './key-strength.ts'

test.each([
  ['', true],
  ['secret', true],
  ['my-secret-key-for-ada-2024-chat', true],
  ['correct-horse-battery-staple', true],
  ['correcthorsebatterystaple', true],
  ['CorrectHorseBatteryStaple1234', true],
  ['12345678901234567890123456789012', true],
  ['aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa', true],
  ['abcdefghijklmnopqrstuvwxyz0123456789', true],
  ['sk-1234567890abcdefghij', true],
  ['deadbeefdeadbeefdeadbeefdeadbeef', true],
  ['8f14e45fceea167a5a36dedd4bea2543', false],
  ['3f2504e0-4f89-41d3-9a0c-0305e82c3301', false],
  ['v9YpXk2fQz7Lw1Rb8Tn4Ms6Hd0Gc3JaE', false],
  ['sk-Zr8kQ2mW5xT9vB1nC7yL4pF6', false],
])('whether a person chose %j: %s', (key, isChosen) => {
  expect(isChosenByPerson(key)).toBe(isChosen)
})

test('random keys of the usual generators almost never count as chosen by a person', () => {
  const keys = Array.from({ length: 2000 }, () => createApiKey().key.slice(14, 57))
  const hexes = keys.map((key) => hashKey(key).slice(0, 32))
  expect(keys.filter(isChosenByPerson).length).toBeLessThan(keys.length / 200)
  expect(hexes.filter(isChosenByPerson).length).toBeLessThan(hexes.length / 200)
})
