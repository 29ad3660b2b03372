import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { describe, expect, it } from 'vitest'
import { root } from './front.ts'
import { type CpuProfile, topFunctions, topSources } from './profile.ts'

const url = (path: string) => pathToFileURL(join(root, path)).href
const node = (id: number, functionName: string, where = '') => ({
  id,
  callFrame: { functionName, url: where, lineNumber: 9 },
})
const profile: CpuProfile = {
  nodes: [
    node(1, '(idle)'),
    node(2, '(garbage collector)'),
    node(3, 'admit', url('gatekeeper/src/admission/admit.ts')),
    node(4, '', url('node_modules/koa/lib/application.js')),
    node(5, 'compose', url('node_modules/koa/lib/compose.js')),
    node(6, 'writeHead', 'node:_http_server'),
  ],
  samples: [1, 2, 3, 4, 5, 6, 3],
  timeDeltas: [1_000_000, 10, 20, 10, 20, 20, 20],
}

describe('a profile', () => {
  it('shares are of busy time, so waiting does not count', () => {
    expect(topFunctions(profile, 1)).toEqual([
      { where: 'admit gatekeeper/src/admission/admit.ts:10', share: 0.4 },
    ])
  })

  it('a package is one row, and the collector is listed', () => {
    const shares = Object.fromEntries(topSources(profile, 9).map((one) => [one.where, one.share]))
    expect(shares['koa']).toBeCloseTo(0.3)
    expect(shares['(garbage collector)']).toBeCloseTo(0.1)
    expect(shares['node:_http_server']).toBeCloseTo(0.2)
  })
})
