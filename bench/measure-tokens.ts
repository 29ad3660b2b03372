/** `--tokens`: the cost of verifying and issuing alone, and of issuing during checks. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { createTokenVerifier } from '../gatekeeper/src/access-tokens/access-token.ts'
import { createOwnIssuers } from '../gatekeeper/src/access-tokens/own-issuer.ts'
import { type SigningAlgorithm, signingAlgorithms } from '../gatekeeper/src/model/algorithm.ts'
import { issueToken } from '../gatekeeper/src/oauth/issue-token.ts'
import { ensureSigningKey } from '../gatekeeper/src/oauth/signing-key-file.ts'
import { openSigningKeys } from '../gatekeeper/src/oauth/signing-keys.ts'
import { LoadConnection } from '../gatekeeper/test/slow/support/load-connection.ts'
import type { Undo } from './front.ts'
import { runSlice } from './load.ts'
import { toRequest } from './rows.ts'
import { startSetup } from './setup.ts'
import { median, medianRatio } from './statistics.ts'

export type AlgorithmReport = {
  readonly algorithm: SigningAlgorithm
  /** Microseconds of one verification: a new signature, and one that was seen before. */
  readonly coldMicros: number
  readonly cachedMicros: number
  /** Tokens that one idle process signs in a second. */
  readonly issuedPerSecond: number
}

export type TokenReport = {
  readonly algorithms: readonly AlgorithmReport[]
  readonly beside: IssuingBesideChecks
}

/** Checks per second at 16 connections, alone and while tokens are issued. */
export type IssuingBesideChecks = {
  readonly checksAlone: number
  readonly checksBeside: number
  /** Median over pairs that were measured one after the other. */
  readonly ratio: number
  readonly tokensPerMinute: number
}

const count = 2_000
const issuer = 'https://localhost:8443'

export async function measureTokens(
  options: { readonly caddy: string; readonly pairs: number; readonly seconds: number },
  undo: Undo,
): Promise<TokenReport> {
  const algorithms: AlgorithmReport[] = []
  for (const algorithm of signingAlgorithms) algorithms.push(await measureAlgorithm(algorithm))
  return { algorithms, beside: await measureIssuing(options, undo) }
}

async function measureAlgorithm(algorithm: SigningAlgorithm): Promise<AlgorithmReport> {
  const folder = mkdtempSync(join(tmpdir(), 'gk-bench-tokens-'))
  const clock = Date.now
  await ensureSigningKey(folder, { algorithm, leadMs: 0, lifetimeMs: 86_400_000 }, { clock })
  const keys = await openSigningKeys({ stateDir: folder, clock })
  try {
    const signer = keys.signer()
    if (signer === null) throw new Error('no signing key')
    const wanted = { subject: 'a', clientId: 'a', role: 'readwrite', scopes: ['chat'] } as const
    const terms = { tokenClass: 'house', ttlSeconds: 3600, narrowing: null } as const
    const issue = () => issueToken({ ...wanted, ...terms }, { signer, issuer, clock })
    const verify = createTokenVerifier({
      issuers: () => own,
      clock,
      isRevoked: () => false,
    })
    const own = createOwnIssuers(() => [issuer], keys).ofClass('house')
    // The first runs compile the code, and are not counted.
    for (let at = 0; at < 200; at++) await verify((await issue()).token)
    const tokens: string[] = []
    const issueMicros = await microsOf(async () => void tokens.push((await issue()).token))
    const next = tokens.values()
    const coldMicros = await microsOf(() => verify(next.next().value ?? ''))
    const again = tokens.values()
    const cachedMicros = await microsOf(() => verify(again.next().value ?? ''))
    return { algorithm, coldMicros, cachedMicros, issuedPerSecond: 1e6 / issueMicros }
  } finally {
    keys.close()
    rmSync(folder, { recursive: true, force: true })
  }
}

async function microsOf(step: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now()
  for (let at = 0; at < count; at++) await step()
  return ((performance.now() - startedAt) * 1000) / count
}

const connections = 16
/** 10,000 a minute. */
const pauseMs = 6

async function measureIssuing(
  { caddy, pairs, seconds }: { caddy: string; pairs: number; seconds: number },
  undo: Undo,
): Promise<IssuingBesideChecks> {
  const setup = await startSetup({ caddy }, undo)
  const { target } = setup.fronts.ours
  const check = toRequest(
    { ...{ name: 'check', what: '', front: 'ours', method: 'GET', path: '/tts/hello' }, ...row },
    setup.keys,
  )
  const alone: number[] = []
  const beside: number[] = []
  let [tokens, issuingMs] = [0, 0]
  const load = (seconds: number) => loadOnce(target, check, seconds)
  await load(1)
  for (let pair = 0; pair < pairs; pair++) {
    alone.push((await load(seconds)) / seconds)
    const until = Date.now() + seconds * 1000
    const [checks, issued] = await Promise.all([
      load(seconds),
      issueUntil(target, setup.clientSecret, until),
    ])
    beside.push(checks / seconds)
    tokens += issued
    issuingMs += seconds * 1000
  }
  return {
    ...{
      checksAlone: median(alone),
      checksBeside: median(beside),
      ratio: medianRatio(beside, alone),
    },
    tokensPerMinute: (tokens / issuingMs) * 60_000,
  }
}

const row = { nullRow: 'null', behind: 'gatekeeper' } as const

type Target = ConstructorParameters<typeof LoadConnection>[0]

async function loadOnce(target: Target, request: string, seconds: number): Promise<number> {
  const open = Array.from({ length: connections }, () => new LoadConnection(target))
  const { requests, failed } = await runSlice(open, { request, seconds })
  for (const connection of open) connection.close()
  if (failed > 0) throw new Error(`${failed} checks were not answered with 200`)
  return requests
}

/** Issues tokens at a fixed rate, independent of the earlier ones. */
async function issueUntil(target: Target, secret: string, until: number): Promise<number> {
  const body = `grant_type=client_credentials&client_id=bench&client_secret=${secret}`
  const request = [
    ...['POST /oauth/token HTTP/1.1', 'Host: localhost', `Content-Length: ${body.length}`],
    ...['Content-Type: application/x-www-form-urlencoded', '', body],
  ].join('\r\n')
  const free = Array.from({ length: 8 }, () => new LoadConnection(target))
  const all = [...free]
  const running: Promise<void>[] = []
  let issued = 0
  for (let begun = 0, startedAt = Date.now(); Date.now() < until; begun++) {
    await sleep(Math.max(startedAt + begun * pauseMs - Date.now(), 0))
    const connection = free.pop()
    if (connection === undefined) continue
    const one = connection.ask(request).then((answer) => {
      if (answer?.status === 200) issued++
      free.push(connection)
    })
    running.push(one)
  }
  await Promise.all(running)
  for (const connection of all) connection.close()
  return issued
}

/** For people. */
export function renderTokens({ algorithms, beside }: TokenReport): string[] {
  const lines = algorithms.map(
    ({ algorithm, coldMicros, cachedMicros, issuedPerSecond }) =>
      `${algorithm.padEnd(6)} verify cold ${coldMicros.toFixed(0)} µs, cached ${cachedMicros.toFixed(1)} µs; ` +
      `issued ${issuedPerSecond.toFixed(0)}/s`,
  )
  return [
    ...lines,
    `checks ${beside.checksAlone.toFixed(0)}/s alone, ${beside.checksBeside.toFixed(0)}/s while ` +
      `${beside.tokensPerMinute.toFixed(0)} tokens a minute are issued: ${beside.ratio.toFixed(2)}`,
  ]
}
