/**
 * `npm run usage -- --by key --since 7d`: what was used, from the gatekeeper's database. It is only
 * read, also while the gatekeeper writes it.
 */
import { formatInstant } from '../gatekeeper/src/lib/instant.ts'
import { exitCode } from '../gatekeeper/src/lib/problem.ts'
import type { Installation } from '../gatekeeper/src/operations/installation.ts'
import { readKeyTags } from '../gatekeeper/src/operations/keys/key-tags.ts'
import { readUsage } from '../gatekeeper/src/operations/usage/read-usage.ts'
import { groupings, nothingUsed } from '../gatekeeper/src/operations/usage/usage-report.ts'
import type { Command, Failure } from './frame/program.ts'
import { readTime } from './frame/read-time.ts'
import { runProgram } from './frame/run-program.ts'
import { formatTable } from './frame/table.ts'
import { openCloneInstallation } from './settings/open-installation.ts'
import { readWanted, usageOptions } from './usage/read-wanted.ts'
import { renderCsv, renderTable, toJson } from './usage/render.ts'

const usage: Command<Installation> = {
  summary: 'What was used, by whom. Works while the gatekeeper runs, and when it does not.',
  usage: '[--by WHAT] [--since WHEN] [--json | --csv]',
  options: usageOptions,
  help: [
    ...formatTable([
      ['--by WHAT', `${groupings.join(', ')}; unset: key`],
      ['--since WHEN', 'a duration (12h, 7d), a date in the time zone of gatekeeper.yaml'],
      ['', '(2026-11-01) or an instant (2026-11-01T08:00:00Z); unset: 30d'],
      ['--csv', 'for spreadsheets; money in dollars'],
    ]),
    'FAILED are requests without a complete, successful answer; they are charged for what arrived.',
    '~ marks figures that include estimates, made where the upstream gave none.',
    'With --json money is in micro-dollars.',
  ],
  run: async (words, installation) => {
    const { stateDir, timeZone, clock, configFile, services } = installation
    const { by, since, form } = readWanted(words)
    const sinceAt = readTime('since', since, { clock, timeZone })
    const read = await readUsage(stateDir, { by, sinceAt, timeZone })
    const report = read ?? nothingUsed
    const tags = by === 'key' ? await readKeyTags(installation) : null
    const tagsOf = tags?.byPrincipal ?? null
    const heading = { by, since: formatInstant(sinceAt), timeZone }
    const render = form === 'csv' ? renderCsv : renderTable
    return {
      json: toJson(report, heading, tagsOf),
      lines: render(report, heading, tagsOf),
      notes: [
        ...(tags?.problem != null ? [tags.problem] : []),
        ...(services.isKnown ? [] : [`${configFile} is broken, so days are those of UTC`]),
        ...(read === null
          ? [`nothing yet: ${stateDir}/usage.db is created when the gatekeeper starts`]
          : []),
      ],
    }
  },
}

await runProgram<Installation>({
  name: 'usage',
  command: usage,
  exitCodes: {
    0: 'done, also when nothing was used yet',
    69: 'the database cannot be read',
    78: 'a setting, or the database itself, is broken',
  },
  open: openCloneInstallation,
  explain: explainFailure,
})

function explainFailure(error: unknown): Failure | null {
  const { errstr, code } = error as { errstr?: string; code?: string }
  if (code === undefined) return null
  const line = `the database cannot be read (${errstr ?? code})`
  return { code: exitCode.unavailable, name: 'cannot_read', lines: [line] }
}
