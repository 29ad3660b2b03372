import { groupings } from '../../gatekeeper/src/operations/usage/usage-report.ts'
import { formatTable } from '../keys/table.ts'

export const help: readonly string[] = [
  'npm run usage -- [--by WHAT] [--since WHEN] [--json | --csv]',
  '  What was used, by whom. Works while the gatekeeper runs, and when it does not.',
  '',
  ...formatTable([
    ['  --by WHAT', `${groupings.join(', ')}; unset: key`],
    ['  --since WHEN', 'a duration (12h, 7d), a date in the time zone of gatekeeper.yaml'],
    ['', '(2026-11-01) or an instant (2026-11-01T08:00:00Z); unset: 30d'],
    ['  --json', 'one JSON document; money in micro-dollars'],
    ['  --csv', 'for spreadsheets; money in dollars'],
    ['  --help', 'this text'],
  ]),
  '',
  'FAILED are requests without a whole, good answer; they are charged for what came.',
  '~ marks figures with estimates in them, made where the upstream gave none.',
  '',
  'Exit codes',
  ...formatTable([
    ['  0', 'done, also where nothing was used yet'],
    ['  64', 'the command line is wrong'],
    ['  69', 'the database cannot be read'],
    ['  78', 'a setting, or the database itself, is broken'],
  ]),
]
