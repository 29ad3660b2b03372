import { join } from 'node:path'
import type { Examination } from '../../../gatekeeper/src/operations/doctor/examination.ts'
import { isRefusal } from '../../caddy/adapt-caddyfile.ts'
import { examineCaddyfile } from '../../caddy/examine-caddyfile.ts'
import type { Context } from '../context.ts'

/** Examines the Caddy that would run, and the configuration that it makes of the Caddyfile. */
export const caddyfile: Examination<Context> = {
  name: 'Caddy and Caddyfile',
  examine: ({ root, caddy, caddyfile: file }) => {
    if ('problem' in caddy) {
      // A configured Caddy that is too old is a mistake; a missing one may run in Docker.
      const level = caddy.problem.source === 'GATEKEEPER_CADDY' ? 'error' : 'warning'
      const what = `${caddy.problem.what}; so the Caddyfile was not examined`
      return [{ ...caddy.problem, level, what }]
    }
    if (file === null || !isRefusal(file)) return file === null ? [] : examineCaddyfile(file)
    const source = join(root, 'caddy', 'Caddyfile')
    const line = file.line === null ? {} : { line: file.line }
    const remedy = 'Correct it there; nothing starts until then.'
    return [{ level: 'error', source, ...line, what: `Caddy refuses it: ${file.what}`, remedy }]
  },
}
