/** What auditors ask for: each control with the requirements that it serves, and what was found. */
import { z } from 'zod'
import { formatInstant } from '../../../../../gatekeeper/src/lib/instant.ts'
import {
  type ControlName,
  controls,
  frameworks,
  viewControl,
} from '../../../../../gatekeeper/src/operations/doctor/controls.ts'
import { examineInstallation } from '../../../../../gatekeeper/src/operations/doctor/examine-installation.ts'
import type { ApiDeps } from '../../api-deps.ts'
import { defineEndpoint, type Endpoint } from '../../endpoint.ts'

const finding = z.object({
  level: z.enum(['error', 'warning', 'info']),
  ...{ what: z.string(), remedy: z.string() },
})
const answered = z.object({
  examinedAt: z.string(),
  /** Frameworks by their names in `requirements`. */
  frameworks: z.array(z.string()),
  controls: z.array(
    z.object({
      ...{ name: z.string(), title: z.string(), finds: z.string() },
      state: z.enum(['ok', 'info', 'warn', 'bad']),
      requirements: z.record(z.string(), z.array(z.string())),
      findings: z.array(finding),
    }),
  ),
})

const stateOf = { error: 'bad', warning: 'warn', info: 'info' } as const
const order = ['bad', 'warn', 'info', 'ok'] as const

/** Returns the row of `/compliance`. */
export function complianceEndpoints({ installation }: ApiDeps): readonly Endpoint[] {
  return [
    defineEndpoint({
      method: 'GET',
      path: '/compliance',
      summary: 'Lists the controls of SOC 2, GDPR, HIPAA and PCI DSS with what was found.',
      roles: ['owner', 'admin', 'auditor'],
      answers: { 200: answered },
      handle: async () => {
        const { at, results } = await examineInstallation(installation)
        const found = results.flatMap(({ findings }) => findings)
        const names = Object.keys(controls) as ControlName[]
        const rows = names.map((name) => describe(name, found))
        const body = {
          examinedAt: formatInstant(at),
          frameworks: Object.values(frameworks),
          controls: rows.sort((a, b) => order.indexOf(a.state) - order.indexOf(b.state)),
        }
        return { status: 200, body }
      },
    }),
  ]
}

type Finding = Awaited<
  ReturnType<typeof examineInstallation>
>['results'][number]['findings'][number]

function describe(name: ControlName, all: readonly Finding[]) {
  const found = all.filter(({ control }) => control === name)
  const states = found.map(({ level }) => stateOf[level])
  const { name: _, ...requirements } = viewControl(name)
  const { title, finds } = controls[name]
  return {
    ...{ name, title, finds, requirements },
    state: order.find((state) => state === 'ok' || states.includes(state)) ?? 'ok',
    findings: found.map(({ level, what, remedy }) => ({ level, what, remedy })),
  }
}
