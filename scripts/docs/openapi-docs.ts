import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { stringify } from 'yaml'
import type { ApiDeps } from '../../admin/src/api/api-deps.ts'
import { createEndpoints } from '../../admin/src/api/endpoints.ts'
import { describeApi } from '../../admin/src/api/openapi.ts'

/** Returns the description of the admin API as YAML, as `GET /admin/v1/openapi.json` has it. */
export function renderOpenapi(root: string): string {
  const text = readFileSync(join(root, 'package.json'), 'utf8')
  const { version } = JSON.parse(text) as { version: string }
  const rows = createEndpoints(notCalled)
  return stringify(JSON.parse(JSON.stringify(describeApi(rows, version))), { lineWidth: 100 })
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
  askGatekeeper: part,
}
