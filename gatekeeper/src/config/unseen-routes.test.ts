import { expect, test } from 'vitest'
import { shippedGateway } from '../../test/support/gateway-file.ts'
import { readGatewayFile } from './gateway-file.ts'
import { readSettings } from './read-settings.ts'

const readFile = () => {
  throw new Error('no other file is needed')
}
const warningsOf = (text: string) => {
  const { settings } = readSettings({ env: {}, folder: '/srv', platform: 'linux', readFile })
  return readGatewayFile(text, '/srv/gatekeeper.yaml', { settings, readFile }).warnings
}

test('K6: as shipped every route to Ollama is relayed, without a warning', () => {
  expect(warningsOf(shippedGateway)).toEqual([])
})

test('an older file with /chat in check mode starts with a warning that names route and fix', () => {
  const older = shippedGateway.replace(
    '{ prefix: /chat, strip: true }',
    '{ prefix: /chat, strip: true, mode: check }',
  )
  const line = older.split('\n').findIndex((text) => text.includes('/chat, strip')) + 1
  expect(warningsOf(older)).toMatchObject([
    {
      line,
      what: expect.stringMatching(/^\/chat of ollama has mode: check.*queue.*token counts.*cloud/),
      remedy: expect.stringMatching(/^Remove mode: check/),
    },
  ])
})

test('a check route of a service without models gives no warning', () => {
  const text = 'version: 1\nservices: {tts: {kind: http, routes: [{prefix: /tts, mode: check}]}}\n'
  expect(warningsOf(text)).toEqual([])
})
