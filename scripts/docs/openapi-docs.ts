import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { stringify } from 'yaml'
import type { ApiDeps } from '../../admin/src/api/api-deps.ts'
import { createEndpoints } from '../../admin/src/api/endpoints.ts'
import { describeApi } from '../../admin/src/api/openapi.ts'
import { chat } from '../../gatekeeper/src/kinds/chat/chat.ts'
import { providers } from '../../gatekeeper/src/kinds/providers/providers.ts'
import { describeSite } from '../../gatekeeper/src/wire/openapi/describe-site.ts'
import type { SiteParts } from '../../gatekeeper/src/wire/openapi/site-operations.ts'

/** Returns the description of the services' site as YAML, with everything that can be configured. */
export function renderOpenapi(root: string): string {
  return toYaml(describeSite(everything, versionOf(root)))
}

/** Returns the description of the admin API as YAML, as `GET /admin/v1/openapi.json` has it. */
export function renderConsoleOpenapi(root: string): string {
  return toYaml(describeApi(createEndpoints(notCalled), versionOf(root)))
}

function versionOf(root: string): string {
  const text = readFileSync(join(root, 'package.json'), 'utf8')
  return (JSON.parse(text) as { version: string }).version
}

const toYaml = (document: object): string =>
  stringify(JSON.parse(JSON.stringify(document)), {
    ...{ lineWidth: 100, aliasDuplicateObjects: false },
  })

/** Every room, a provider, and the chat with visitors. */
export const everything: SiteParts = {
  services: [...providers.map((kind) => ({ kind })), { kind: chat, chat: { hasVisitors: true } }],
  hasIssuers: true,
  isAbsent: () => false,
}

/** Stands for a part of a running admin process: a description calls no handler. */
const part = new Proxy((() => part) as unknown as ApiDeps['installation'], {
  get: () => part,
}) as never

const notCalled: ApiDeps = {
  installation: part,
  store: part,
  clock: part,
  settings: part,
  version: part,
  people: part,
  keys: part,
  lateRecords: part,
  stopping: part,
  askGatekeeper: part,
}
