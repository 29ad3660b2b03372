import { expect, test } from 'vitest'
import { ProblemsError } from '../lib/problem.ts'
import { parsePeopleFile, peopleMax } from './people-file.ts'

const ada = { name: 'ada', role: 'owner' }
const fileOf = (people: object) => JSON.stringify({ version: 1, people })
const problemsOf = (text: string) => {
  try {
    parsePeopleFile(text, 'people.json')
    return []
  } catch (error) {
    if (error instanceof ProblemsError) return error.problems
    throw error
  }
}

test('a person is read with every member, and those left out give nothing', () => {
  const access = {
    role: 'readwrite',
    services: ['ollama'],
    models: ['llama3*'],
    limits: ['60/min'],
  }
  const whole = {
    ...{ name: 'bob', title: 'Bob Ross', role: 'member', disabled: true, team: 'red' },
    ...{ serviceEmail: 'bob@house.example', access, createdAt: '2026-11-30T12:00:00Z' },
    logins: [{ provider: 'github', subject: '4711' }],
  }
  const [first, second] = parsePeopleFile(fileOf({ aaaaaaaaaa: ada, bbbbbbbbbb: whole }), 'f')
  expect(first).toEqual({
    ...{ id: 'aaaaaaaaaa', name: 'ada', role: 'owner', title: null, disabled: false },
    ...{ serviceEmail: null, access: null, logins: [], createdAt: null, team: null },
  })
  expect(second).toMatchObject({
    ...{ id: 'bbbbbbbbbb', title: 'Bob Ross', disabled: true, logins: whole.logins },
    team: 'red',
    access: { role: 'readwrite', services: ['ollama'], limits: [{ text: '60/min' }] },
    createdAt: Date.UTC(2026, 10, 30, 12),
  })
})

test('access without lists gives no service', () => {
  const people = parsePeopleFile(fileOf({ aaaaaaaaaa: { ...ada, access: { role: 'admin' } } }), 'f')
  expect(people[0]?.access).toEqual({ role: 'admin', services: [], models: [], limits: [] })
})

test.each([
  ['no JSON', '{"version": 1, "people": {'],
  ['another version', '{"version": 2, "people": {}}'],
  ['a member of the file that is not known', '{"version": 1, "people": {}, "teams": {}}'],
  ['an unknown member', fileOf({ aaaaaaaaaa: { ...ada, password: 'x' } })],
  [
    'an unknown member of access',
    fileOf({ aaaaaaaaaa: { ...ada, access: { role: 'admin', cloudModels: true } } }),
  ],
  ['an unknown role', fileOf({ aaaaaaaaaa: { ...ada, role: 'root' } })],
  ['an owner of a team', fileOf({ aaaaaaaaaa: { ...ada, team: 'red' } })],
  ['no name of a team', fileOf({ aaaaaaaaaa: { ...ada, role: 'member', team: 'Red' } })],
  ['no role', fileOf({ aaaaaaaaaa: { name: 'ada' } })],
  ['no name', fileOf({ aaaaaaaaaa: { role: 'owner' } })],
  ['a blank name', fileOf({ aaaaaaaaaa: { ...ada, name: '  ' } })],
  ['a name with a blank at its end', fileOf({ aaaaaaaaaa: { ...ada, name: 'ada ' } })],
  ['a name of two lines', fileOf({ aaaaaaaaaa: { ...ada, name: 'ada\nroot' } })],
  ['a name that an app’s user could have', fileOf({ aaaaaaaaaa: { ...ada, name: 'shop:ada' } })],
  ['one name twice', fileOf({ aaaaaaaaaa: ada, bbbbbbbbbb: ada })],
  [
    'a person twice',
    `{"version":1,"people":{"aaaaaaaaaa":${JSON.stringify(ada)},"aaaaaaaaaa":${JSON.stringify(ada)}}}`,
  ],
  ['an id of another form', fileOf({ ada })],
  [
    'a limit that is not one',
    fileOf({ aaaaaaaaaa: { ...ada, access: { role: 'admin', limits: ['many'] } } }),
  ],
  [
    'an address with a line break',
    fileOf({ aaaaaaaaaa: { ...ada, serviceEmail: 'a@b\r\nX-Role: admin' } }),
  ],
  [
    'two addresses in one',
    fileOf({ aaaaaaaaaa: { ...ada, serviceEmail: 'a@b.example,c@d.example' } }),
  ],
  [
    'one login for two people',
    fileOf({
      aaaaaaaaaa: { ...ada, logins: [{ provider: 'github', subject: '1' }] },
      bbbbbbbbbb: { name: 'bob', role: 'member', logins: [{ provider: 'github', subject: '1' }] },
    }),
  ],
  [
    'too many people',
    fileOf(
      Object.fromEntries(
        Array.from({ length: peopleMax + 1 }, (_, at) => [
          `p${String(at).padStart(9, '0')}`,
          { name: `p${at}`, role: 'member' },
        ]),
      ),
    ),
  ],
])('%s is a problem with its place', (_, text) => {
  expect(problemsOf(text).length).toBeGreaterThan(0)
})

test('all problems are reported at once, each with its line, and no value is repeated', () => {
  const text = `{"version": 1, "people": {
  "aaaaaaaaaa": {"name": "ada", "role": "gk_secret"},
  "bbbbbbbbbb": {"name": "bob", "role": "member",
    "access": {"role": "admin", "limits": ["gk_secret"]}}
}}`
  const problems = problemsOf(text)
  expect(problems.map(({ line }) => line)).toEqual([2, 4])
  expect(JSON.stringify(problems)).not.toContain('gk_secret')
})
