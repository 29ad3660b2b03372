import type { Finding } from '../doctor/finding.ts'
import { visitHandlers } from './examine/adapted.ts'
import type { Caddyfile, CaddyfileCheck } from './examine/caddyfile.ts'
import { checkBlocks } from './examine/check-blocks.ts'
import { checkEnds } from './examine/check-ends.ts'
import { checkGates, checkStatements } from './examine/check-gates.ts'
import {
  checkAdmin,
  checkListeners,
  checkLogs,
  checkPlainHttp,
  checkTrustedProxies,
} from './examine/check-globals.ts'
import { checkErrors, checkOrder } from './examine/check-order.ts'
import { checkProxies } from './examine/check-proxies.ts'

/** Everything that a Caddyfile of ours must keep, whoever edited it. */
const checks: readonly CaddyfileCheck[] = [
  checkOrder,
  checkGates,
  checkStatements,
  checkProxies,
  checkErrors,
  checkEnds,
  checkBlocks,
  checkPlainHttp,
  checkAdmin,
  checkTrustedProxies,
  checkLogs,
  checkListeners,
]

/** What is wrong with a Caddyfile, judged by what Caddy makes of it. Each finding comes once. */
export function examineCaddyfile(caddyfile: Caddyfile): Finding[] {
  const visits = visitHandlers(caddyfile.adapted)
  const found = checks.flatMap((check) => check(caddyfile, visits))
  return [...new Map(found.map((finding) => [JSON.stringify(finding), finding])).values()]
}
