import { readKeyFile } from '../../gatekeeper/src/credentials/key-document.ts'
import { editKey, UnknownKeyError } from '../../gatekeeper/src/credentials/key-writer.ts'
import { exitCode } from '../../gatekeeper/src/lib/problem.ts'
import { type Command, idOf, UsageError, type Words } from './command.ts'
import { toJson, toRows } from './describe-key.ts'
import { limitHelp, limitOptions, type ReadLimits, readLimits } from './read-limits.ts'
import { formatTable } from './table.ts'

export const edit: Command = {
  summary: 'change what a key is limited to',
  usage: 'ID [--limit 60/min] [--no-limits]',
  options: {
    ...limitOptions,
    'no-limits': { type: 'boolean' },
    'any-model': { type: 'boolean' },
    'no-cloud-models': { type: 'boolean' },
  },
  help: [
    ...limitHelp,
    '--no-limits, --any-model, --no-cloud-models take these away.',
    'What is given replaces all that there was of it: name every limit, and every model.',
    'What was used so far stays counted.',
  ],
  run: async (words, { file, services, clock, record }) => {
    const id = idOf(words)
    await editKey(file, { id, ...readChange(words) }, { clock, known: services, record })
    const key = (await readKeyFile(file, services))?.keys.find((other) => other.id === id)
    if (key === undefined) throw new UnknownKeyError('there is no key with this id')
    const now = clock()
    return {
      code: exitCode.ok,
      json: toJson(key, now),
      lines: [...formatTable(toRows(key, now)), '', 'In force within two seconds.'],
    }
  },
}

function readChange(words: Words): ReadLimits {
  const faults: string[] = []
  const given = readLimits(words, faults)
  const isOff = (name: string) => words.values[name] === true
  if (isOff('no-limits') && given.limits) faults.push('--no-limits and --limit exclude each other')
  if (isOff('any-model') && given.models) faults.push('--any-model and --model exclude each other')
  if (isOff('no-cloud-models') && given.cloudModels) {
    faults.push('--no-cloud-models and --cloud-models exclude each other')
  }
  const change = {
    ...given,
    ...(isOff('no-limits') && { limits: [] }),
    ...(isOff('any-model') && { models: [] }),
    ...(isOff('no-cloud-models') && { cloudModels: false }),
  }
  if (faults.length === 0 && Object.keys(change).length === 0)
    faults.push('nothing is to be changed')
  if (faults.length > 0) throw new UsageError(faults.join('\n'))
  return change
}
