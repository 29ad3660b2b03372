/**
 * The misrouted-check race: a pooled connection that Caddy dials late for a check is opened to the
 * application instead, and the application's yes to the check lets a bad key in. It needs churn:
 * here the check server and the application close their connections at random.
 */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { readCaddyVersion } from '../../../scripts/caddy/caddy-version.ts'
import { runCommand } from '../../../scripts/caddy/run-command.ts'
import { testCaddy } from '../support/stack.ts'
import { type AttackTally, addCounts, attack } from './support/attack.ts'
import { type CountingApp, startCountingApp } from './support/counting-app.ts'
import { churnShare, type Front } from './support/front.ts'
import { makeCallers, startOurFront } from './support/our-front.ts'
import { startPlainFront } from './support/plain-front.ts'

const { keys, callers } = makeCallers()
const connections = 64

describe.skipIf(testCaddy === null)('the misrouted-check race under churn', () => {
  let app: CountingApp
  let front: Front | null = null
  let version = 'an unknown version'
  beforeAll(async () => {
    app = await startCountingApp(keys.map(({ key }) => key))
    const answer = await readCaddyVersion(testCaddy ?? 'caddy', runCommand)
    if ('version' in answer) version = answer.version
  })
  afterEach(async () => {
    await front?.stop()
    front = null
  })
  afterAll(() => app?.close())

  const attackWith = (requestsMax: number, secondsMax: number): Promise<AttackTally> => {
    if (front === null) throw new Error('no front was started')
    const size = { connections, requestsMax, secondsMax }
    return attack(front, { app, callers, appChurn: churnShare, size })
  }
  const report = (name: string, counts: object) =>
    process.stderr.write(`\n${name}, Caddy ${version}: ${JSON.stringify(counts)}\n`)

  it('affects plain forward_auth if this Caddy has it, which is the baseline', {
    timeout: 120_000,
  }, async () => {
    front = await startPlainFront({ caddy: testCaddy ?? 'caddy', callers, appUrl: app.url })
    const tallies: AttackTally[] = []
    const endAt = Date.now() + 45_000
    // In rounds, so that it ends soon if the race occurs: about one check in 1,000 is misrouted.
    while (tallies.length < 6 && Date.now() < endAt) {
      tallies.push(await attackWith(5_000, 20))
      if (addCounts(tallies).badLetIn > 0) break
    }
    const counts = addCounts(tallies)
    report('plain forward_auth', counts)
    // Otherwise nothing was attacked, and the absence of the race proves nothing.
    expect(front.closedChecks()).toBeGreaterThan(counts.requests * (churnShare / 2))
    if (counts.badLetIn > 0) {
      expect(counts.checksAtApp).toBeGreaterThanOrEqual(counts.badLetIn)
    } else if (affectedVersions.includes(version) && counts.requests >= 30_000) {
      expect.fail(`Caddy ${version} has the race, and this churn is too weak to show it`)
    } else {
      process.stderr.write(noBaseline(version, counts))
    }
  })

  it('as shipped admits no bad key and refuses no valid one, and no check or key reaches the application', {
    timeout: 600_000,
  }, async () => {
    front = await startOurFront({ kind: 'shipped', keys, appUrl: app.url })
    const tally = await attackWith(100_000, 540)
    report('ours as shipped', tally)
    expect(tally.requests).toBeGreaterThanOrEqual(100_000)
    expect(tally.bad).toBeGreaterThan(40_000)
    expect(tally.closedByApp).toBeGreaterThan(tally.good * (churnShare / 2))
    expect(tally).toMatchObject({ badLetIn: 0, goodRefused: 0, mixedUp: 0 })
    expect(tally).toMatchObject({ checksAtApp: 0, credentialsAtApp: 0 })
    // A second in which the machine does other work is a 504, not a refusal; many would hide
    // something.
    if (tally.timedOut > 0) report('NOTE: the machine was too busy for the time limits', tally)
    expect(tally.timedOut).toBeLessThan(tally.requests * 0.05)
    const others = Object.keys(tally.statuses).filter((status) => !expectedStatuses.has(status))
    expect(others).toEqual([])
  })

  it('admits no bad key even with pooled connections for checks, because of the proof', {
    timeout: 120_000,
  }, async () => {
    front = await startOurFront({ kind: 'churning', keys, appUrl: app.url })
    const tally = await attackWith(20_000, 40)
    report('ours with pooled checks', tally)
    expect(front.closedChecks()).toBeGreaterThan(tally.requests * (churnShare / 2))
    expect(tally).toMatchObject({ badLetIn: 0, mixedUp: 0 })
    // Checks at the application and good keys answered 503 are what `keepalive off` is for; how
    // many there are depends on Caddy's version, so they are only reported.
  })
})

/** Of good keys, of bad ones, and of a machine that is too busy. */
const expectedStatuses = new Set(['200', '401', '504'])

/** Measured to have the race (docs/decisions/0002). */
const affectedVersions = ['2.11.4']

function noBaseline(version: string, counts: { requests: number; checksAtApp: number }): string {
  const line = '='.repeat(80)
  return `
${line}
NOTE: NO BASELINE. Plain forward_auth of Caddy ${version} let no bad key in: ${counts.checksAtApp}
misrouted checks in ${counts.requests} requests under churn. Either this version has the fix (2.11.7 has,
2.11.4 has not), or the machine was too slow. What is asserted of ours holds, but was not put to
the test by this Caddy; run it with Caddy 2.11.4 to see the race.
${line}
`
}
