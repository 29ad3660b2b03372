import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { startChromium } from './support/chromium.ts'
import { type Fixture, startFixture } from './support/fixture.ts'
import { provideBrowser } from './support/install.ts'

const programs = await provideBrowser()

describe.skipIf(programs === null)('a browser and the certificate', () => {
  let fixture: Fixture
  beforeAll(async () => {
    fixture = await startFixture(programs)
  })
  afterEach(() => fixture.closePages())
  afterAll(() => fixture?.stop())

  it('without trust in our root it shows no page of ours', async () => {
    const untold = await startChromium(programs, { caFile: null, hosts: {} })
    try {
      const page = await (await untold.openContext()).newPage()
      await expect(page.goto(`${fixture.stack.url}/health`)).rejects.toThrow(
        'ERR_CERT_AUTHORITY_INVALID',
      )
    } finally {
      await untold.stop()
    }
  })

  it('with trust in our root it opens the page, and reports nothing insecure', async () => {
    const page = await fixture.open(`${fixture.stack.url}/health`)
    expect(await page.evaluate('isSecureContext')).toBe(true)
    expect(await page.textContent('body')).toContain('"status":"ok"')
  })

  it('plain HTTP leads to the same page over HTTPS', async () => {
    const page = await fixture.open(`http://localhost:${fixture.stack.httpPort}/health`)
    expect(page.url()).toBe(`${fixture.stack.url}/health`)
  })
})
