import { join } from 'node:path'
import type { Settings } from '../../../config/read-settings.ts'
import { describeUnreadable, readTextFile as readText } from '../../../lib/files/text-file.ts'
import type { Problem } from '../../../lib/problem.ts'
import { findUnknownServices, parseClientFile } from '../../../oauth/client-file.ts'
import { parseUserFile } from '../../../oauth/user-file.ts'
import { createKnownServices } from '../../../policy/service-names.ts'
import type { Examination } from '../examination.ts'

/** A file of clients or users that is broken, and clients that name services that do not exist. */
export const clients: Examination = {
  name: 'clients',
  examine: ({ settings, gateway }) => {
    const source = join(settings.keysDir, 'clients.json')
    const read = readClientFile(settings)
    const known = createKnownServices(gateway.services)
    // Where gatekeeper.yaml is broken no service is known.
    const lost = gateway.problems.length > 0 ? [] : findUnknownServices(read.clients, source, known)
    return [
      ...findUserProblems(settings).map((problem) => ({ level: 'error' as const, ...problem })),
      ...read.problems.map((problem) => ({ level: 'error' as const, ...problem })),
      ...lost.map((problem) => ({ level: 'warning' as const, ...problem })),
    ]
  },
}

/** Returns what is wrong with `users.json`. */
function findUserProblems({ keysDir }: Pick<Settings, 'keysDir'>): readonly Problem[] {
  const source = join(keysDir, 'users.json')
  try {
    return parseUserFile(readText(source), source).problems
  } catch (error) {
    const { code = 'unknown' } = error as NodeJS.ErrnoException
    return code === 'ENOENT' ? [] : [describeUnreadable(source, code)]
  }
}

/** Returns `clients.json`, with what is wrong with it. */
export function readClientFile({
  keysDir,
}: Pick<Settings, 'keysDir'>): ReturnType<typeof parseClientFile> {
  const source = join(keysDir, 'clients.json')
  try {
    return parseClientFile(readText(source), source)
  } catch (error) {
    const { code = 'unknown' } = error as NodeJS.ErrnoException
    if (code === 'ENOENT') return { clients: [], problems: [] }
    return { clients: [], problems: [describeUnreadable(source, code)] }
  }
}
