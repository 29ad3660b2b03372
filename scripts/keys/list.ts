import { readKeyFile } from '../../gatekeeper/src/credentials/key-document.ts'
import { formatInstant } from '../../gatekeeper/src/lib/instant.ts'
import { exitCode, ProblemsError } from '../../gatekeeper/src/lib/problem.ts'
import { readLastUsed } from '../../gatekeeper/src/usage/report/last-used.ts'
import type { Command } from './command.ts'
import { showInstant, stateOf, toJson } from './describe-key.ts'
import { formatTable } from './table.ts'

export const list: Command = {
  summary: 'show all keys, without their secrets',
  usage: '',
  options: {},
  help: [],
  run: async (_, { file, services, clock, stateDir }) => {
    const keys = (await readKeyFile(file, services))?.keys ?? []
    const now = clock()
    const { lastUsed, notes } = await readUses(stateDir)
    const lastUsedAt = (id: string) => lastUsed.get(`key:${id}`) ?? null
    const heading = ['ID', 'USER', 'ROLE', 'SERVICES', 'STATE', 'EXPIRES', 'LAST USED', 'LIMITS']
    const rows = keys.map((key) => [
      key.id,
      key.user,
      key.role,
      key.services.join(','),
      stateOf(key, now),
      showInstant(key.expiresAt),
      showInstant(lastUsedAt(key.id)),
      key.limits.map(({ text }) => text).join(', '),
    ])
    return {
      code: exitCode.ok,
      json: keys.map((key) => {
        const at = lastUsedAt(key.id)
        return { ...toJson(key, now), lastUsedAt: at === null ? null : formatInstant(at) }
      }),
      notes,
      lines: keys.length === 0 ? [`No keys in ${file}.`] : formatTable([heading, ...rows]),
    }
  },
}

/** The keys themselves are shown all the same where the database of uses cannot be read. */
async function readUses(stateDir: string) {
  try {
    return { lastUsed: await readLastUsed(stateDir), notes: [] }
  } catch (error) {
    const why = error instanceof ProblemsError ? error.message : (error as Error).name
    return { lastUsed: new Map<string, number>(), notes: [`last uses are unknown: ${why}`] }
  }
}
