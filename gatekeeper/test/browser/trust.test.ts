import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { startChromium } from './support/chromium.ts'
import { provideBrowser } from './support/install.ts'
import { type Stage, startStage } from './support/stage.ts'

const programs = await provideBrowser()

describe.skipIf(programs === null)('a browser and the certificate', () => {
  let stage: Stage
  beforeAll(async () => {
    stage = await startStage(programs)
  })
  afterEach(() => stage.closePages())
  afterAll(() => stage?.stop())

  it('without trust in our root it shows no page of ours', async () => {
    const untold = await startChromium(programs, { caFile: null, hosts: {} })
    try {
      const page = await (await untold.openContext()).newPage()
      await expect(page.goto(`${stage.stack.url}/health`)).rejects.toThrow(
        'ERR_CERT_AUTHORITY_INVALID',
      )
    } finally {
      await untold.stop()
    }
  })

  it('with trust in our root it opens the page, and reports nothing insecure', async () => {
    const page = await stage.open(`${stage.stack.url}/health`)
    expect(await page.evaluate('isSecureContext')).toBe(true)
    expect(await page.textContent('body')).toContain('"status":"ok"')
  })

  it('plain HTTP leads to the same page over HTTPS', async () => {
    const page = await stage.open(`http://localhost:${stage.stack.httpPort}/health`)
    expect(page.url()).toBe(`${stage.stack.url}/health`)
  })
})
