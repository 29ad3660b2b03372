import { setTimeout as sleep } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { waitUntil } from '../../support/child.ts'
import type { Answer, Deployment } from './deployment.ts'
import { inspect, programOf } from './processes.ts'

/** On a busy machine an answer is late by up to this. */
const slackMs = 5_000
const points = ['/api/tags', '/chat/api/tags']

/** When dead or frozen, the gate closes soon, and opens again by itself. */
export function itFailsClosed(deployment: () => Deployment, key: () => string): void {
  const ask = (path: string, credential: string | undefined) =>
    deployment()
      .send(path, { key: credential })
      .catch((): Answer => ({ status: 0, text: '', ms: 0 }))

  const untilOpen = async (limitMs: number) => {
    for (const path of points) {
      await waitUntil(async () => (await ask(path, key())).status === 200, {
        ...{ limitMs, describe: () => `${path} is still closed` },
      })
    }
  }

  it('a gatekeeper that is killed: refused within 1.5 s, back within 5 s', async () => {
    const before = (await inspect(deployment(), 'gatekeeper')).RestartCount
    process.kill(await programOf(deployment(), 'gatekeeper'), 'SIGKILL')
    const killedAt = performance.now()
    const answers: Answer[] = []
    while (performance.now() - killedAt < 1_000) {
      for (const path of points) answers.push(await ask(path, undefined), await ask(path, key()))
    }
    await untilOpen(5_000 + slackMs)
    for (const [at, { status, ms }] of answers.entries()) {
      const isStranger = at % 2 === 0
      expect(
        status === 0 || status === 401 || status >= 500 || (!isStranger && status === 200),
      ).toBe(true)
      expect(ms).toBeLessThan(1_500 + slackMs)
    }
    expect((await inspect(deployment(), 'gatekeeper')).RestartCount).toBe(before + 1)
  })

  it('a gatekeeper that is frozen: closed within 2 s, back within 5 s', async () => {
    await deployment().compose('pause', 'gatekeeper')
    try {
      await sleep(2_000)
      for (const path of points) {
        for (const credential of [undefined, key()]) {
          const { status, ms } = await ask(path, credential)
          expect(status, path).toBeGreaterThanOrEqual(500)
          expect(ms).toBeLessThan(2_000 + slackMs)
        }
      }
    } finally {
      await deployment().compose('unpause', 'gatekeeper')
    }
    await untilOpen(5_000 + slackMs)
  })

  it('everything restarted under load: not one wrong answer', async () => {
    const wrong: string[] = []
    let good = 0
    let isOver = false
    const judge = (path: string, status: number, isKnown: boolean) => {
      if (status === 200 && isKnown) good++
      // No answer and "cannot be reached" are correct while something is down, and an unknown
      // caller who keeps trying has to wait; nothing else is correct.
      const right = isKnown ? [200] : [401, 429]
      if (!right.includes(status) && status !== 0 && status < 500) wrong.push(`${path} ${status}`)
    }
    const client = async (path: string, credential: string | undefined) => {
      while (!isOver) {
        const { status } = await ask(path, credential)
        judge(path, status, credential === key())
        if (status === 0) await sleep(20)
      }
    }
    const bad = key().replace(/.{6}$/, 'AAAAAA')
    const callers = points.flatMap((path) =>
      [key(), key(), bad, undefined].map((credential) => client(path, credential)),
    )
    await deployment().compose('restart')
    await untilOpen(20_000)
    const goodBefore = good
    await sleep(500)
    isOver = true
    await Promise.all(callers)
    expect(wrong).toEqual([])
    expect(good).toBeGreaterThan(goodBefore)
  })
}
