import { expect, test } from 'vitest'
import { aHead, aRoute, aService, noLimits, sampleKey } from '../../test/support/questions.ts'
import { chatPrefixes, createLevelTest } from '../kinds/chat/chat.ts'
import { noAddressRules } from '../policy/address-rules.ts'
import { createRouteTable } from '../policy/route-table.ts'
import { type ChatDeps, findChatDefect } from './chat-head.ts'
import { readRequestFacts } from './request-facts.ts'

const chat: ChatDeps = {
  findPrompt: (domain) => (domain === 'general' || domain === 'taxes' ? 'Be kind.' : null),
  listModels: () => Promise.resolve(['m']),
}
const service = aService({
  ...{ name: 'domain-chat', kind: 'chat' },
  chat: { behind: 'litellm', otherPrefixes: [], model: null, visitor: null },
  routes: chatPrefixes.map((prefix) => aRoute({ prefix })),
})
const deps = {
  ...{
    ...noLimits,
    chat,
    addressRules: () => noAddressRules,
    plainKeyTest: () => null,
    holdsToken: () => false,
  },
  findRoute: createRouteTable([service]),
  isUnknownLevel: createLevelTest(['/tts', '/a/b']),
}
const defectOf = (target: string, authorization = `Bearer ${sampleKey}`) => {
  const head = aHead({ target, fields: { authorization: [authorization] } })
  const { facts } = readRequestFacts(head, deps)
  // No service has that path, and its client still reads the errors of the chat.
  if (facts.defect === 'unknown-level') expect(facts.dialect).toBe('chat')
  return { defect: facts.defect, ...(facts.unknown && { unknown: facts.unknown }) }
}

type Row = [target: string, expected: object]

test.each<Row>([
  ['/minnow/chat', { defect: null }],
  ['/authorized/shark/chat?domain=taxes&model=m', { defect: null }],
  ...[
    ...['/authorized/whale/chat', '/whale/chat', '/Minnow/chat', '/MINNOW/CHAT', '/secure/chat'],
    ...['/minnow/chat/', '/authorized/shark/chat/', '/authorized/Whale/chat', '/whale/chat/'],
    ...['/Authorized/minnow/chat', '/a/chat', '/%C3%BC/chat', '/authorized/whale/chat?domain=x'],
  ].map((path): Row => [path, { defect: 'unknown-level' }]),
  ...[
    ...['/tts/chat', '/TTS/chat/', '/authorized/tts/chat', '/admin/chat', '/authorized/chat'],
    ...['/openapi.json/chat', '/whale/chats', '/whale/chat/x', '/a/b/chat', '/chat', '/whale'],
  ].map((path): Row => [path, { defect: null }]),
  ['/shark/chat?domain=magic', { defect: 'unknown-query', unknown: ['domain=magic'] }],
  ['/shark/chat?x=1', { defect: 'unknown-query', unknown: ['x'] }],
  // Never named in an answer: a key in the URL is refused before anything is read from there.
  [`/shark/chat?${sampleKey}=1`, { defect: 'credential-in-target' }],
])('%s: %j', (target, expected) => {
  expect(defectOf(target)).toEqual(expected)
})

test.each([
  [`Bearer ${sampleKey}`, null],
  [`bearer\t${sampleKey}`, null],
  [sampleKey, null],
  ['Bearer', null],
  ['', null],
  ['Basic dTpw', 'wrong-scheme'],
  ['Basic', 'wrong-scheme'],
  [`Token ${sampleKey}`, 'wrong-scheme'],
  ['Digest username="x"', 'wrong-scheme'],
  ['Bearer a b', 'malformed-field'],
])('Authorization: %s is %s', (authorization, expected) => {
  expect(defectOf('/authorized/minnow/chat', authorization).defect).toBe(expected)
})

test('without a chat no domain counts as unknown', () => {
  const target = { path: '/shark/chat', query: 'domain=magic' }
  expect(findChatDefect(aHead(), target, {})).toBeNull()
})
