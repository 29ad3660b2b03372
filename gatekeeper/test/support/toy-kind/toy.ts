import { boundedBy, counted, jsonWith, lines, listed, rowsIn } from '../../../src/kinds/row.ts'
import type { Kind } from '../../../src/model/kind.ts'
import type { UsageForm } from '../../../src/model/usage-form.ts'

/** Where it counts: `{"bill":{"read":7,"said":5}}`. */
const toyUsage: UsageForm = {
  name: 'toy',
  figures: [
    [['bill', 'read'], 'input'],
    [['bill', 'said'], 'output'],
  ],
  models: [['puppet']],
  ending: { place: ['curtain'], values: ['down'] },
}

const row = rowsIn('gemini')
const puppet = jsonWith('puppet')

/** An invented server: everything that the gatekeeper knows of it is in this folder. */
export const toy: Kind = {
  name: 'toy',
  title: '`kind: toy`: a server that nobody has',
  rows: [
    row('GET', '/puppets', 'read', listed),
    row('POST', '/say', 'use', puppet, lines, counted(toyUsage), boundedBy('words.most')),
    row('POST', '/carve', 'manage', puppet),
    row('POST', '/burn', 'never'),
  ].flat(),
  dialectAt: () => 'gemini',
  modelNames: {
    normalize: (name) => name.toLowerCase(),
    normalizePattern: (pattern) => pattern.toLowerCase(),
    isCloud: (name) => name.startsWith('sky/'),
  },
  refusedMembers: {
    isRefused: (name) => name === 'strings',
    why: 'it could move the puppets of other callers',
  },
  slots: 2,
}
