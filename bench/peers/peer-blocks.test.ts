import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { serviceBlocks } from '../../gatekeeper/src/config/blocks/service-blocks.ts'
import { addBenchBlocks } from '../caddyfile.ts'
import { openaiRows, toRequest } from '../rows.ts'
import { allPeers } from './all-peers.ts'
import { toPeerBlock, toPeerRow } from './peer-blocks.ts'

const root = resolve(import.meta.dirname, '../..')
const caddy = process.env['GATEKEEPER_TEST_CADDY'] ?? ''
const slot = { folder: '/f', key: 'the-key', port: 4711, appUrl: 'http://127.0.0.1:1', undo() {} }
const callers = { plain: slot, limited: slot, spent: slot, elsewhere: slot, token: slot }
const started = allPeers.map((peer) => ({ peer, entry: peer.entry(slot) }))

describe('the peers', () => {
  it('get the one key of the run, and no other', () => {
    for (const one of started) {
      const request = toRequest(toPeerRow(one), callers)
      const [, scheme, value = ''] = /Authorization: (\w+) (\S+)/.exec(request) ?? []
      const shown = scheme === 'Basic' ? Buffer.from(value, 'base64').toString() : value
      expect(shown).toContain('the-key')
    }
  })

  it('that relay get the same request as our own row', () => {
    const bodyOf = (request: string) => request.split('\r\n\r\n')[1]
    const [ours] = openaiRows.map((row) => bodyOf(toRequest(row, callers)))
    for (const one of started.filter(({ entry }) => entry.checkPath === null)) {
      expect(bodyOf(toRequest(toPeerRow(one), callers))).toBe(ours)
    }
  })

  it.skipIf(caddy === '')('are in a Caddyfile that Caddy accepts', () => {
    const folder = mkdtempSync(join(tmpdir(), 'gk-bench-'))
    const file = join(folder, 'Caddyfile')
    const shipped = readFileSync(join(root, 'caddy/Caddyfile'), 'utf8')
    writeFileSync(join(folder, 'secrets.caddy'), snippets)
    const made = addBenchBlocks(shipped, started.map(toPeerBlock))
    writeFileSync(join(folder, 'services.caddy'), serviceBlocks(nothingTold, []))
    writeFileSync(file, made.replace(/^import ".*\/caddy\/(\w+\.caddy)"$/gm, 'import $1'))
    const env = { PATH: process.env['PATH'], TTS_URL: 'http://127.0.0.1:1' }
    const words = ['adapt', '--config', file, '--adapter', 'caddyfile']
    try {
      const adapted = execFileSync(caddy, words, { env, encoding: 'utf8', stdio: 'pipe' })
      for (const { peer } of started) expect(adapted).toContain(`/peer-${peer.name}/*`)
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  })
})

const nothingTold = {
  ...{ sites: ['localhost'], outcomesListen: null, consoleListen: null },
  console: { site: 'console.localhost', port: 8444 },
}

const snippets = `(edge) {
	header_up X-Gatekeeper-Edge e
}
(edge_health) {
	X-Gatekeeper-Edge e
}
(console_edge) {
}
(proof) {
	header X-Gatekeeper-Proof p
}
`
