import type { Finding } from '../../gatekeeper/src/operations/doctor/finding.ts'
import { visitHandlers } from './examine/adapted.ts'
import type { Caddyfile, CaddyfileCheck } from './examine/caddyfile.ts'
import { checkBlocks } from './examine/check-blocks.ts'
import { checkConsole } from './examine/check-console.ts'
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
import { checkPlatform } from './examine/check-platform.ts'
import { checkProxies } from './examine/check-proxies.ts'

/** The rules that every edited Caddyfile must keep. */
const checks: readonly CaddyfileCheck[] = [
  checkOrder,
  checkGates,
  checkStatements,
  checkProxies,
  checkErrors,
  checkEnds,
  checkBlocks,
  checkConsole,
  checkPlainHttp,
  checkPlatform,
  checkAdmin,
  checkTrustedProxies,
  checkLogs,
  checkListeners,
]

/**
 * Returns what is wrong with the configuration that Caddy makes of a Caddyfile, without repeats.
 */
export function examineCaddyfile(caddyfile: Caddyfile): Finding[] {
  const visits = visitHandlers(caddyfile.adapted)
  const found = checks.flatMap((check) => check(caddyfile, visits))
  return [...new Map(found.map((finding) => [JSON.stringify(finding), finding])).values()]
}
