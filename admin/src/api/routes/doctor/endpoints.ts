/** The doctor's findings about the installation, and what the running gatekeeper says of itself. */
import { z } from 'zod'
import { formatInstant } from '../../../../../gatekeeper/src/lib/instant.ts'
import {
  type ControlName,
  viewControl,
} from '../../../../../gatekeeper/src/operations/doctor/controls.ts'
import {
  examineInstallation,
  onlyByCommand,
} from '../../../../../gatekeeper/src/operations/doctor/examine-installation.ts'
import type { Finding } from '../../../../../gatekeeper/src/operations/doctor/finding.ts'
import type { Installation } from '../../../../../gatekeeper/src/operations/installation.ts'
import type { ApiDeps } from '../../api-deps.ts'
import { defineEndpoint, type Endpoint } from '../../endpoint.ts'
import { shortPath } from '../short-path.ts'

const states = ['bad', 'warn', 'info', 'ok'] as const
type State = (typeof states)[number]

const finding = z.object({
  /** The examination. */
  name: z.string(),
  state: z.enum(states),
  source: z.string().nullable(),
  line: z.number().nullable(),
  what: z.string(),
  remedy: z.string().nullable(),
  /** What it is evidence for: `key-expiry`, with its requirements by framework. */
  control: z
    .object({ name: z.string(), requirements: z.record(z.string(), z.array(z.string())) })
    .nullable(),
})
type FindingView = z.output<typeof finding>
const view = z.object({
  at: z.string(),
  counts: z.object({ bad: z.number(), warn: z.number(), info: z.number(), ok: z.number() }),
  items: z.array(finding),
  /** What only the command examines. */
  onlyByCommand: z.array(z.string()),
  command: z.string(),
})

/** Returns the row of `/doctor`. */
export function doctorEndpoints({ installation, askGatekeeper }: ApiDeps): readonly Endpoint[] {
  return [
    defineEndpoint({
      method: 'GET',
      path: '/doctor',
      summary: 'Examines the files of the installation; answers of the last 30 s are used again.',
      roles: ['owner', 'admin', 'auditor'],
      answers: { 200: view },
      handle: async () => {
        const [examined, running] = await Promise.all([
          examineInstallation(installation),
          findStale({ installation, askGatekeeper }),
        ])
        const found = examined.results.flatMap(({ name, findings }) =>
          findings.length === 0
            ? [nothing(name)]
            : findings.map((one) => viewFinding(name, one, installation)),
        )
        const items = [...running, ...found].toSorted(
          (one, other) => states.indexOf(one.state) - states.indexOf(other.state),
        )
        const at = formatInstant(examined.at)
        const body = { at, counts: countStates(items), items, onlyByCommand }
        return { status: 200, body: { ...body, command: 'npm run doctor' } }
      },
    }),
  ]
}

const stateOf: Readonly<Record<Finding['level'], State>> = {
  ...{ error: 'bad', warning: 'warn', info: 'info' },
}

function viewFinding(
  name: string,
  { level, source, line, what, remedy, control }: Finding,
  installation: Installation,
): FindingView {
  const place = { source: shortPath(source, installation), line: line ?? null }
  return {
    ...{ name, state: stateOf[level], ...place, what, remedy },
    control: control === undefined ? null : describeControl(control),
  }
}

function describeControl(control: ControlName): FindingView['control'] {
  const { name, ...requirements } = viewControl(control)
  return { name, requirements: requirements as Record<string, string[]> }
}

const about = { source: null, line: null, remedy: null, control: null } as const
const nothing = (name: string): FindingView => ({
  ...about,
  name,
  state: 'ok',
  what: 'nothing found',
})

const problem = z.object({ source: z.string(), what: z.string(), remedy: z.string() })
const parts = z.object({
  parts: z.record(z.string(), z.array(problem)),
  notes: z.array(problem).default([]),
})

/** What is stale in the running gatekeeper: it goes on with what was good before. */
async function findStale({
  installation,
  askGatekeeper,
}: Pick<ApiDeps, 'installation' | 'askGatekeeper'>): Promise<FindingView[]> {
  const name = 'the running gatekeeper'
  const answer = await askGatekeeper('/parts').catch(() => null)
  const parsed = answer?.status === 200 ? parts.safeParse(answer.document) : null
  if (parsed?.success !== true) {
    const remedy = 'Start it: npm start. If it runs, its log says why it does not answer.'
    return [{ ...about, name, state: 'bad', what: 'it does not answer', remedy }]
  }
  const stale = Object.entries(parsed.data.parts).flatMap(([part, problems]) =>
    problems.map(({ source, what, remedy }): FindingView => {
      return {
        ...about,
        name,
        state: 'bad',
        source: shortPath(source, installation),
        what: `${part}: ${what}`,
        remedy,
      }
    }),
  )
  const notes = parsed.data.notes.map((note): FindingView => {
    const { what, remedy } = note
    return {
      ...about,
      name,
      state: 'warn',
      source: shortPath(note.source, installation),
      what,
      remedy,
    }
  })
  const found = [...stale, ...notes]
  return found.length > 0 ? found : [nothing(name)]
}

function countStates(items: readonly FindingView[]): Record<State, number> {
  const count = (state: State) => items.filter((one) => one.state === state).length
  return { bad: count('bad'), warn: count('warn'), info: count('info'), ok: count('ok') }
}
