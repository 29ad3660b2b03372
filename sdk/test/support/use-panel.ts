import { afterAll, afterEach, beforeAll, beforeEach, expect } from 'vitest'
import type { Outcome } from './fake-gateway.ts'
import { panelOf } from './panel-actions.ts'
import {
  startWidgetFixture,
  strictPage,
  type Watched,
  type WidgetFixture,
} from './widget-fixture.ts'

/**
 * For the tests of one `describe`: a page with the panel for each, in front of a gateway that answers
 * `Hello there`. After each test the page must have had no fault and asked nobody else.
 */
export function usePanel() {
  const at = {} as { fixture: WidgetFixture; watched: Watched }
  beforeAll(async () => {
    at.fixture = await startWidgetFixture()
  })
  afterAll(() => at.fixture?.stop())
  beforeEach(() => {
    const { gateway } = at.fixture
    gateway.lifetime = '15m'
    gateway.chats.length = 0
    gateway.plan = () => ({ pieces: ['Hello', ' there'] })
  })
  afterEach(async () => {
    expect(at.watched.faults).toEqual([])
    expect(at.watched.foreign).toEqual([])
    await at.watched.page.context().close()
  })
  return {
    at,
    open: async (attributes = 'open', options = {}) => {
      at.fixture.put('/', strictPage({ gateway: at.fixture.gateway.url, attributes }))
      at.watched = await at.fixture.open('/', options)
      const { page } = at.watched
      await page.locator('gatekeeper-chat section').waitFor({ state: 'attached' })
      return { page, panel: panelOf(page), chat: page.locator('gatekeeper-chat') }
    },
    /** Answers in this order; the last one stays. */
    plan: (...outcomes: Outcome[]) => {
      at.fixture.gateway.plan = () => (outcomes.length > 1 ? outcomes.shift() : outcomes[0]) ?? {}
    },
    button: (name: string) => at.watched.page.getByRole('button', { name }),
  }
}
