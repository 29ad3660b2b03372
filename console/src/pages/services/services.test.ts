import { expect, test } from 'vitest'
import { controlText, type Finding, routeText, shownOf } from './services.ts'

const finding = (state: Finding['state']): Finding => ({
  ...{ name: 'keys', state, source: null, line: null, what: 'x', remedy: null, control: null },
})

test('findings are narrowed to what is wrong or needs care', () => {
  const items = [finding('bad'), finding('warn'), finding('info'), finding('ok')]
  expect(shownOf(items, 'all')).toEqual(items)
  expect(shownOf(items, 'bad')).toEqual([items[0]])
  expect(shownOf(items, 'warn')).toEqual([items[1]])
})

test('a route is named with its host, where it has one', () => {
  expect(routeText({ host: null, prefix: '/tts', mode: 'check' })).toBe('/tts')
  expect(routeText({ host: 'webui.localhost', prefix: '/', mode: 'check' })).toBe(
    'webui.localhost/',
  )
})

test('a control names its requirements', () => {
  const requirements = { 'SOC 2': ['CC6.1', 'CC6.2'], GDPR: ['Art. 32'] }
  expect(controlText({ name: 'key-expiry', requirements })).toBe(
    'key-expiry: SOC 2 CC6.1, CC6.2; GDPR Art. 32',
  )
})
