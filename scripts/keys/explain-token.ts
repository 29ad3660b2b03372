import { formatInstant } from '../../gatekeeper/src/lib/instant.ts'
import { exitCode } from '../../gatekeeper/src/lib/problem.ts'
import type { Principal } from '../../gatekeeper/src/model/principal.ts'
import {
  type ExplainedToken,
  explainToken as explain,
} from '../../gatekeeper/src/operations/tokens/explain-token.ts'
import type { Report } from '../frame/program.ts'
import { formatTable } from '../frame/table.ts'
import type { KeyCommand } from './context.ts'
import { readToken } from './read-credential.ts'

export const explainToken: KeyCommand = {
  summary: 'read a token from stdin, tell what it is and whether it is accepted',
  usage: '< FILE',
  options: {},
  help: [
    'The token is read from stdin, or asked for without an echo; never from the command line.',
    'It is verified as the service does, with the same files. Exit code 1 if it would be refused.',
    'It is never logged, and nothing of its signature is shown.',
  ],
  run: async (words, context) => {
    const text = await readToken(words, context)
    return toReport(await explain(text, context), context.clock())
  },
}

function toReport(explained: ExplainedToken, now: number): Report {
  const { reason, remedy, header, claims, principal } = explained
  const rows = Object.entries({ ...header, ...claims }).map(([name, value]) => [
    name,
    show(name, value, now),
  ])
  const verdict = reason === null ? 'Yes: this token is accepted.' : `No (${reason}): ${remedy}`
  return {
    code: reason === null ? exitCode.ok : exitCode.no,
    json: {
      valid: reason === null,
      reason,
      remedy,
      header,
      claims,
      principal: principal && describePrincipal(principal),
    },
    lines: [
      ...(rows.length === 0 ? [] : [...formatTable(rows), '']),
      verdict,
      ...(principal === null ? [] : ['', ...formatTable(rowsOf(principal))]),
    ],
  }
}

const textCharsMax = 300

function show(name: string, value: unknown, now: number): string {
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? '')
  const isInstant = ['iat', 'nbf', 'exp'].includes(name) && typeof value === 'number'
  if (!isInstant || Math.abs(value) > 8.64e12) return text.slice(0, textCharsMax)
  const seconds = Math.round(value - now / 1000)
  const distance = seconds < 0 ? `${-seconds} s ago` : `in ${seconds} s`
  return `${text} (${formatInstant(value * 1000)}, ${distance})`
}

function describePrincipal(principal: Principal) {
  const { id, user, role, services, models, limits, parent } = principal
  const texts = limits.map((limit) => limit.text)
  return { id, user, role, services, models, limits: texts, parent: parent?.id ?? null }
}

function rowsOf(principal: Principal): string[][] {
  return Object.entries(describePrincipal(principal)).map(([name, value]) => [
    name,
    Array.isArray(value) ? value.join(', ') || 'none of its own' : String(value ?? 'none'),
  ])
}
