import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Agent, fetch as undiciFetch } from 'undici'
import { makeKey, type TestKey } from '../../support/keys.ts'
import { type Stack, type StackOptions, startStack } from '../../support/stack.ts'
import type { Running } from '../parts/part.ts'
import { startWiretap, type Wiretap } from './wiretap.ts'

/** The callers of every suite. */
export type People = {
  /** readwrite on the service. */
  readonly ada: TestKey
  /** readonly on the service. */
  readonly reader: TestKey
  /** readwrite on another service. */
  readonly stranger: TestKey
  /** readwrite on the service, limited to a model that no server has. */
  readonly limited: TestKey
}

/** A real server behind the whole gate, and the clients' access to it. */
export type Gateway = {
  readonly stack: Stack
  readonly tap: Wiretap
  readonly people: People
  /** For client libraries: it trusts the stack's CA and nothing else. */
  readonly fetch: typeof fetch
  /** The same over HTTP/2. */
  readonly fetchH2: typeof fetch
  /** Every answer that `fetch` and `fetchH2` gave, also those that a library retried by itself. */
  readonly answers: readonly ClientAnswer[]
  readonly stop: () => Promise<void>
}

export type ClientAnswer = {
  readonly request: string
  readonly status: number
  readonly fields: Readonly<Record<string, string>>
}

/**
 * Starts the gate in front of a running server; `describe` receives the address to use. People's
 * keys are for the service, or for the several that are named.
 */
export async function openGateway(
  server: Running,
  service: string | readonly string[],
  describe: (upstreamUrl: string) => StackOptions,
): Promise<Gateway> {
  const tap = await startWiretap(server.url)
  const people = makePeople([service].flat())
  const stack = await startStack({ ...describe(tap.url), keys: Object.values(people) })
  const answers: ClientAnswer[] = []
  const agents = [false, true].map(
    (allowH2) => new Agent({ connect: { ca: stack.ca }, allowH2, bodyTimeout: 60_000 }),
  )
  const [fetch, fetchH2] = agents.map((agent) => createFetch(agent, answers))
  if (!fetch || !fetchH2) throw new Error('two agents make two clients')
  return {
    ...{ stack, tap, people, fetch, fetchH2, answers },
    stop: async () => {
      await Promise.all(agents.map((agent) => agent.destroy()))
      await stack.stop()
      await tap.stop()
    },
  }
}

/** Every text that must stay on this side of the gate: callers' keys, edge and proof. */
export function secretsOf({ people, stack }: Gateway): readonly string[] {
  const snippet = readFileSync(join(stack.stateDir, 'caddy/secrets.caddy'), 'utf8')
  const front = snippet.match(/[\w+/=-]{32,}/g) ?? []
  if (front.length < 2) throw new Error('the edge and the proof are not where they were')
  return [...Object.values(people).map(({ key }) => key), ...front]
}

function makePeople(services: string[]): People {
  const other = services.includes('tts') ? 'image' : 'tts'
  return {
    ada: makeKey({ services }),
    reader: makeKey({ user: 'rob', role: 'readonly', services }),
    stranger: makeKey({ user: 'tom', services: [other] }),
    limited: makeKey({ user: 'lea', services, models: ['some-other-model'] }),
  }
}

function createFetch(dispatcher: Agent, answers: ClientAnswer[]): typeof fetch {
  const send = async (input: string, init: RequestInit = {}) => {
    const answer = await undiciFetch(input, { ...(init as object), dispatcher })
    answers.push({
      request: `${init.method ?? 'GET'} ${input}`,
      status: answer.status,
      fields: Object.fromEntries(answer.headers),
    })
    return answer
  }
  // undici's own types, which differ from those of Node's built-in copy in name only.
  return send as unknown as typeof fetch
}
