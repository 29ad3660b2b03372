import { createAdminClient } from '../../upstreams/ask-admin.ts'
import type { AppDeps } from '../app-deps.ts'

/** Opens the way to the admin process, which may start later and be started again at any time. */
export function openAdmin({ settings: { adminListen }, log }: AppDeps) {
  const reportSilence = (code: string, requestId: string) =>
    log.warn({ code, requestId }, 'the admin process did not answer')
  const common = { name: 'admin', reportSilence }
  if (adminListen?.kind !== 'unix') return { ...common, ask: null, close: () => {} }
  const client = createAdminClient(adminListen.path)
  return { ...common, ask: client.ask, close: client.close }
}
