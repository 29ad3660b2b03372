import { join } from 'node:path'
import { parseRuleFile } from '../../../address-rules/rule-file.ts'
import { describeUnreadable } from '../../../address-rules/rule-store.ts'
import { isInternalName } from '../../../config/front-environment.ts'
import { readTextFile as readText } from '../../../lib/files/text-file.ts'
import { createAddressTest, isLoopback } from '../../../lib/net/cidr.ts'
import { readRecords } from '../../audit/read-records.ts'
import type { InstallationContext } from '../context.ts'
import type { Examination } from '../examination.ts'
import type { Finding } from '../finding.ts'

const dayMs = 86_400_000
/** Fewer requests say nothing about who else calls. */
const requestsMin = 20

const isPrivate = createAddressTest([
  ...['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '100.64.0.0/10', '169.254.0.0/16'],
  ...['fc00::/7', 'fe80::/10'],
])

/** A broken file of address rules, and a proxy in front that hides the clients' addresses. */
export const addresses: Examination = {
  name: 'client addresses',
  examine: async (context) => [...readRules(context), ...(await findHidden(context))],
}

function readRules({ settings }: InstallationContext): Finding[] {
  const source = join(settings.keysDir, 'rules.json')
  try {
    const { problems } = parseRuleFile(readText(source), source)
    return problems.map((problem) => ({ level: 'error', ...problem }))
  } catch (error) {
    const { code = 'unknown' } = error as NodeJS.ErrnoException
    return code === 'ENOENT' ? [] : [{ level: 'error', ...describeUnreadable(source, code) }]
  }
}

/** Rules, limits and the audit would treat all clients behind such a proxy as one. */
async function findHidden({ settings, outside }: InstallationContext): Promise<Finding[]> {
  const { requests, clients, users } = await countClients(settings.stateDir, outside.clock())
  const [only] = clients
  if (only === undefined || clients.size > 1 || requests < requestsMin) return []
  // On loopback it is this machine itself, unless the site is public: then it is a tunnel.
  const isTunnel = isLoopback(only) && settings.sites.some((site) => !isInternalName(site))
  if (!isPrivate(only) && !isTunnel) return []
  const what = `all ${requests} requests of the last day came from one address, ${only}: a proxy in front of Caddy may hide the clients`
  const remedy =
    'If there is one (a CDN, a tunnel, a container network), name it in trusted_proxies of the Caddyfile (docs/guides/domains.md). Until then address rules and limits by address treat all clients as one.'
  return [{ level: users.size > 1 ? 'warning' : 'info', source: 'the audit', what, remedy }]
}

async function countClients(stateDir: string, now: number) {
  const clients = new Set<string>()
  const users = new Set<string>()
  let requests = 0
  const folder = join(stateDir, 'audit')
  const question = { folder, sinceAt: now - dayMs, untilAt: now, onUnreadable: () => {} }
  for await (const block of readRecords(question)) {
    for (const { record } of block) {
      const { event, clientAddress, user } = record
      if (event !== 'request' || typeof clientAddress !== 'string') continue
      requests++
      clients.add(clientAddress)
      if (typeof user === 'string') users.add(user)
    }
    if (clients.size > 1) break
  }
  return { requests, clients, users }
}
