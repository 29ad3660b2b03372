import type { IncomingMessage } from 'node:http'
import { expect, test } from 'vitest'
import { hasEdge } from './edge.ts'

const edge = 'e'.repeat(64)
const ask = (fields: Record<string, string[]>) =>
  hasEdge({ headersDistinct: fields } as unknown as IncomingMessage, edge)

test('the right edge field lets a request in', () => {
  expect(ask({ 'x-gatekeeper-edge': [edge] })).toBe(true)
})

// Each of these is answered with 'edge-refused', before any credential is read.
test.each([
  ['none', {}],
  ['an empty one', { 'x-gatekeeper-edge': [''] }],
  ['a wrong one', { 'x-gatekeeper-edge': ['f'.repeat(64)] }],
  ['a part of it', { 'x-gatekeeper-edge': [edge.slice(1)] }],
  ['more than it', { 'x-gatekeeper-edge': [`${edge}e`] }],
  ['the other letter case', { 'x-gatekeeper-edge': [edge.toUpperCase()] }],
  ['it twice', { 'x-gatekeeper-edge': [edge, edge] }],
  ['it beside a wrong one', { 'x-gatekeeper-edge': ['x', edge] }],
  ['it as a list in one field', { 'x-gatekeeper-edge': [`${edge}, ${edge}`] }],
  ['no value', { 'x-gatekeeper-edge': [] }],
  ['another spelling', { x_gatekeeper_edge: [edge] }],
  ['another field', { 'x-gatekeeper-proof': [edge] }],
  ['a literal placeholder', { 'x-gatekeeper-edge': ['{$GATEKEEPER_EDGE}'] }],
])('%s does not', (_, fields) => {
  expect(ask(fields as Record<string, string[]>)).toBe(false)
})
