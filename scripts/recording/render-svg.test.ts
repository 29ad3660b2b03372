import { expect, test } from 'vitest'
import { mask } from './mask.ts'
import { renderSvg } from './render-svg.ts'

const key = `gk_abcde01234_${'x'.repeat(49)}`
const place = { folder: '/home/ada/gk', port: 40001 }

test('a picture shows commands with what they printed, for light and dark surroundings', () => {
  const svg = renderSvg('A <title>', [
    { command: 'curl -d "x"', output: ['<b> & c', 'HTTP 200'] },
    { command: 'curl', output: ['HTTP 401'] },
  ])
  expect(svg).toContain('>$ curl -d &quot;x&quot;</text>')
  expect(svg).toContain('>&lt;b&gt; &amp; c</text>')
  expect(svg).toMatch(/class="good"[^>]*>HTTP 200<[\s\S]*class="bad"[^>]*>HTTP 401</)
  expect(svg).toContain('prefers-color-scheme:dark')
})

test('long lines are continued on the next line', () => {
  const svg = renderSvg('', [{ command: 'x', output: ['a'.repeat(250)] }])
  expect(svg.match(/class="output"/g)).toHaveLength(3)
})

test('a recording contains no key, no path of the machine, no port and no time', () => {
  const text = `id        abcde01234\n${key} ${place.folder}/ca.crt https://localhost:40001 2027-02-03T04:05:06.789Z`
  expect(mask(text, place)).toBe(
    'id        3zg6k0m1p2\ngk_3zg6k0m1p2_•••••••••••• ~/ca.crt https://localhost:8443 2026-01-31T12:00:00Z',
  )
})
