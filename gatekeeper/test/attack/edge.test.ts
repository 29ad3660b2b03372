import { request as requestHttp } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { waitUntil } from '../support/child.ts'
import { decisionsOf } from '../support/decisions.ts'
import { type Line, readEdge, sendDirect, statement } from '../support/direct.ts'
import { makeKey } from '../support/keys.ts'
import { type Stack, startStack, testCaddy } from '../support/stack.ts'
import { readAnswer } from './support/answers.ts'

const ada = makeKey({ role: 'admin' })
const field = 'X-Gatekeeper-Edge'

/** Every request without the one correct edge field; `edge` is the correct value. */
const edges: readonly (readonly [string, (edge: string) => Line[]])[] = [
  ['without an edge field', () => []],
  ['with a wrong one', () => [[field, 'f'.repeat(64)]]],
  ['with an empty one', () => [[field, '']]],
  ['with the right one and a letter more', (edge) => [[field, `${edge}0`]]],
  ['with the right one and a letter less', (edge) => [[field, edge.slice(0, -1)]]],
  ['with the right one in capitals', (edge) => [[field, edge.toUpperCase()]]],
  ['with the right one in quotes', (edge) => [[field, `"${edge}"`]]],
  ['with the right one twice', (edge) => [field, field].map((name) => [name, edge])],
  [
    'with the right one in two spellings',
    (edge) => [
      [field, edge],
      [field.toLowerCase(), edge],
    ],
  ],
  [
    'with a wrong and the right one',
    (edge) => [
      [field, 'x'],
      [field, edge],
    ],
  ],
  [
    'with the right and an empty one',
    (edge) => [
      [field, edge],
      [field, ''],
    ],
  ],
  ['with both in one line', (edge) => [[field, `${edge}, ${edge}`]]],
  ['with the right one and a comma', (edge) => [[field, `${edge},`]]],
  [
    'with the right one under another name',
    (edge) => [
      ['X_Gatekeeper_Edge', edge],
      ['Edge', edge],
    ],
  ],
  ['with the right one as Authorization', (edge) => [['Authorization', `Bearer ${edge}`]]],
  [
    'with a placeholder',
    () => [
      [field, '{env.EDGE}'],
      [field, 'undefined'],
    ],
  ],
]

describe.skipIf(testCaddy === null)('the sockets behind Caddy', () => {
  let stack: Stack
  let edge = ''
  beforeAll(async () => {
    stack = await startStack({ keys: [ada] })
    edge = readEdge(stack)
  })
  afterAll(() => stack?.stop())

  const good: Line[] = [['X-Api-Key', ada.key]]
  const refusals = () => decisionsOf(stack).filter(({ outcome }) => outcome !== 'allow')
  /** The lines of refusals that a call adds. */
  const linesOf = async <T>(call: () => Promise<T>) => {
    const before = refusals().length
    const result = await call()
    await waitUntil(() => refusals().length > before, {
      ...{ limitMs: 2_000, describe: stack.gatekeeper.output },
    })
    return { result, lines: refusals().slice(before) }
  }

  describe.each(['check', 'relay'] as const)('%s', (point) => {
    it('accepts Caddy: all other cases are refused for their edge only', async () => {
      const fields = [[field, edge], ...statement(point), ...good] as Line[]
      const result = await sendDirect(stack, point, fields)
      expect(readAnswer(result).status).toBe(200)
      stack.upstream.reset()
    })

    it.each(edges)('refuses any client %s, and reads no key', async (_name, edgeFields) => {
      const fields = [...edgeFields(edge), ...statement(point), ...good]
      const { result, lines } = await linesOf(() => sendDirect(stack, point, fields))
      const answer = readAnswer(result)
      expect(answer.status).toBe(403)
      expect(JSON.parse(answer.body)).toMatchObject({ error: { code: 'edge_refused' } })
      expect(result).not.toContain(edge)
      expect(result).not.toMatch(/proof|x-gatekeeper-(?!close)/i)
      expect(lines).toMatchObject([{ reason: 'edge-refused', requestId: 'unknown' }])
      expect(JSON.stringify(lines)).not.toMatch(new RegExp(`${ada.id}|ada|gk_|api/tags`))
      expect(stack.upstream.requests).toBe(0)
    })

    const names = statement(point).map(([name]) => name)
    const spoilt = names.flatMap((name): [string, (fields: Line[]) => Line[]][] => [
      [`without ${name}`, (fields) => fields.filter((line) => line[0] !== name)],
      [
        `with an empty ${name}`,
        (fields) => fields.map((line) => [line[0], line[0] === name ? '' : line[1]]),
      ],
      [
        `with ${name} twice`,
        (fields) => fields.flatMap((line) => (line[0] === name ? [line, line] : [line])),
      ],
      [`with a second, other ${name}`, (fields) => [...fields, [name, '/health']]],
    ])
    it.each(spoilt)('refuses a Caddy with another configuration: %s', async (_name, spoil) => {
      const fields = [[field, edge], ...spoil(statement(point)), ...good] as Line[]
      const answer = readAnswer(await sendDirect(stack, point, fields))
      expect(answer.status).toBe(503)
      expect(stack.upstream.requests).toBe(0)
    })

    it.each([
      [
        'X-Gatekeeper-Uri',
        ['', 'api/tags', 'http://localhost/api/tags', '*', '//api/tags', '/api/tags#x'],
      ],
      ['X-Gatekeeper-Method', ['get', 'G ET', 'CONNECT', 'TRACE', 'OPTIONS', '__proto__']],
      ['X-Gatekeeper-Host', ['']],
    ])('rejects an odd %s', async (name, values) => {
      for (const value of values) {
        const stated = statement(point).map((line) =>
          line[0] === name ? ([name, value] as Line) : line,
        )
        const text = await sendDirect(stack, point, [[field, edge], ...stated, ...good])
        expect([value, readAnswer(text).status >= 400]).toEqual([value, true])
      }
      expect(stack.upstream.requests).toBe(0)
    })

    it('survives fields that are named like parts of an object', async () => {
      const odd = ['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'valueOf', 'length']
      const fields = odd.flatMap((name): Line[] => [
        [name, 'x'],
        [name, 'y'],
      ])
      const all = [[field, edge], ...statement(point), ...good, ...fields] as Line[]
      expect(readAnswer(await sendDirect(stack, point, all)).status).toBe(200)
      const bare = await sendDirect(stack, point, fields)
      expect(readAnswer(bare).status).toBe(403)
      stack.upstream.reset()
    })
  })

  it('answer only checks at the check socket, and no check at the relay', async () => {
    const ask = (socket: 'check' | 'relay', target: string) => {
      const { promise, resolve, reject } = Promise.withResolvers<number>()
      const headers = Object.fromEntries([[field, edge], ...statement(socket), ...good])
      const options = { socketPath: `${stack.stateDir}/run/${socket}.sock`, path: target, headers }
      const request = requestHttp(options, (answer) => resolve(answer.resume().statusCode ?? 0))
      request.once('error', reject).end()
      return promise
    }
    const targets = ['/', '/livez', '/readyz', '/health', '/check', '/check/', '/check/nothing']
    for (const target of targets.concat(['/check/ollama/x', '/check/tts', '/check/OLLAMA'])) {
      expect([target, (await ask('check', target)) >= 400]).toEqual([target, true])
    }
    expect(stack.upstream.requests).toBe(0)
  })

  it('decide about what Caddy states, never about the request line of its subrequest', async () => {
    const stated = statement('relay').map(
      ([name, value]): Line => [name, name.endsWith('Uri') ? '/api/me' : value],
    )
    const answer = await sendDirect(stack, 'relay', [[field, edge], ...stated, ...good])
    expect(readAnswer(answer).status).toBe(404)
    expect(stack.upstream.requests).toBe(0)
  })

  it('never reveal the edge and the proof, in no answer and no log', async () => {
    await sleep(0)
    const secrets = JSON.stringify(stack.gatekeeper.output() + stack.caddy.output())
    expect(secrets).not.toContain(edge)
  })
})
