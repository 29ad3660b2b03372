import { afterAll, beforeAll, describe } from 'vitest'
import { testCaddy } from '../support/stack.ts'
import { startEngine } from './engine/engine.ts'
import { installEngine, requireKernel } from './engine/tools.ts'
import { configure, type Deployment, openDeployment, readPins } from './support/deployment.ts'
import { itFailsClosed } from './support/failures.ts'
import { itStartsForNewcomers } from './support/first-run.ts'
import { readGuide } from './support/guide.ts'
import { itIsHardened } from './support/hardening.ts'
import { itIsSmall } from './support/image.ts'
import { itIsolates } from './support/isolation.ts'
import { itKeepsItsMemory, itUpgrades } from './support/load-and-upgrade.ts'
import { itServesFromOutside } from './support/outside.ts'
import { itStandsInOtherWays } from './support/variants.ts'

const log = (line: string) => void process.stderr.write(`compose: ${line}\n`)

/**
 * Before vitest collects the tests, so that it knows which ones to skip; the cause is on stderr.
 */
async function isPossible(): Promise<boolean> {
  try {
    if (testCaddy === null) throw new Error('GATEKEEPER_TEST_CADDY names no Caddy')
    await installEngine(log)
    await requireKernel()
    // An engine that cannot start here is a fault of this machine, not of our files.
    await (await startEngine(() => Promise.resolve(), log)).stop()
    return true
  } catch (error) {
    process.stderr.write(`SKIPPED: no Docker engine: ${(error as Error).message}\n`)
    return false
  }
}

const isHere = await isPossible()

describe.skipIf(!isHere)('the compose file on a real engine', { timeout: 180_000 }, () => {
  let opened: Deployment
  let key = ''
  const deployment = () => opened
  const theKey = () => key

  beforeAll(async () => {
    opened = await openDeployment(log)
  }, 420_000)
  afterAll(() => opened?.stop(), 120_000)

  describe('the image', () => itIsSmall(deployment))

  describe('first run', () => {
    itStartsForNewcomers(deployment, (made) => {
      key = made
    })
  })

  describe('opened to the network, with a second service', () => {
    beforeAll(async () => {
      const { node } = await readPins(deployment().clone)
      const { engineAddress } = deployment().engine.network
      const serve = "require('http').createServer((q,a)=>a.end('{}')).listen(8880)"
      const services = readGuide('More services', 'yaml')[0] ?? ''
      const command = `  tts:\n    command: [node, -e, "${serve}"]\n`
      await configure(deployment(), {
        env: [
          'GATEKEEPER_BIND=0.0.0.0',
          `GATEKEEPER_SITE=localhost,${engineAddress}`,
          'COMPOSE_PROFILES=ollama',
          `TTS_IMAGE=${node}`,
        ],
        services: services.replace('  tts:\n', command),
      })
    }, 120_000)

    describe('from outside', () => itServesFromOutside(deployment, theKey))
    describe('hardening', () => itIsHardened(deployment))
    describe('isolation', () => itIsolates(deployment))
    describe('failures', () => itFailsClosed(deployment, theKey))
    describe('load', () => itKeepsItsMemory(deployment, theKey))
    describe('upgrade', () => itUpgrades(deployment, theKey))
    describe('variants', () => itStandsInOtherWays(deployment, theKey))
  })
})
