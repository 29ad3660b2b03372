import { expect, test } from 'vitest'
import { exitCode, formatProblem, ProblemsError } from './problem.ts'

const problem = { source: 'keys.json', what: 'the role is unknown', remedy: 'Use readonly.' }

test.each([
  [problem, 'keys.json: the role is unknown. Use readonly.'],
  [{ ...problem, line: 3 }, 'keys.json:3: the role is unknown. Use readonly.'],
  [{ ...problem, line: 3, column: 7 }, 'keys.json:3:7: the role is unknown. Use readonly.'],
  [{ ...problem, line: 1, column: 1 }, 'keys.json:1:1: the role is unknown. Use readonly.'],
])('a problem gives its place in the form that editors read: %#', (given, expected) => {
  expect(formatProblem(given)).toBe(expected)
})

test('an error holds all problems, and its message lists all of them', () => {
  const other = { ...problem, source: 'gatekeeper.yaml', line: 2, column: 1 }
  const error = new ProblemsError([problem, other])
  expect(error).toBeInstanceOf(Error)
  expect(error.name).toBe('ProblemsError')
  expect(error.problems).toEqual([problem, other])
  expect(error.message).toBe(`${formatProblem(problem)}\n${formatProblem(other)}`)
})

test('every exit code has one meaning', () => {
  const codes = Object.values(exitCode)
  expect(new Set(codes).size).toBe(codes.length)
  expect(exitCode).toMatchObject({ ok: 0, unavailable: 69, config: 78 })
})
