import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { findUnreadableLines, readDotEnv } from './read-dot-env.ts'
import { readSettingsOf } from './read-settings-of.ts'

const folder = mkdtempSync(join(tmpdir(), 'dot-env-'))
afterAll(() => rmSync(folder, { recursive: true }))

function read(content: string | Buffer) {
  const path = join(folder, '.env')
  writeFileSync(path, content)
  return readDotEnv(path)
}

describe('a .env', () => {
  test('with a byte order mark keeps its first line', () => {
    const { values, problems } = read(
      '\uFEFFGATEKEEPER_SITE=ai.example\r\nOLLAMA_URL=http://a:1\r\n',
    )
    expect(problems).toEqual([])
    expect(values).toEqual({ GATEKEEPER_SITE: 'ai.example', OLLAMA_URL: 'http://a:1' })
    expect(readSettingsOf(folder, {}).settings.sites).toEqual(['ai.example'])
  })

  test.each([
    ['with a mark', '\uFEFFOLLAMA_URL=http://a:1'],
    ['without', 'OLLAMA_URL=http://a:1'],
  ])('in UTF-16 %s is an error that says so', (_, text) => {
    const [problem] = read(Buffer.from(text, 'utf16le')).problems
    expect(problem).toMatchObject({ what: 'is written in UTF-16, not in UTF-8' })
  })

  test('in another encoding is an error', () => {
    const [problem] = read(Buffer.from('GATEKEEPER_SITE=m\xfcnchen', 'latin1')).problems
    expect(problem?.what).toBe('is not written in UTF-8')
  })

  test('names every line that cannot be read, at once, and repeats no value', () => {
    const lines = [
      '# fine',
      'OLLAMA_URL http://secret:1',
      'GATEKEEPER_SITE: secret',
      'set GATEKEEPER_BIND=secret',
      '$env:GATEKEEPER_BIND="secret"',
      'LITELLM_MASTER_KEY="secret',
      'GATEKEEPER_HTTPS_PORT=8443',
      'A="secret" secret',
    ]
    const { problems } = read(lines.join('\n'))
    expect(problems.map(({ line }) => line)).toEqual([2, 3, 4, 5, 6, 8])
    expect(JSON.stringify(problems)).not.toContain('secret')
    expect(problems[0]?.remedy).toContain('NAME=VALUE, such as')
  })

  test.each([
    'A=1',
    'export A=1',
    '  A = 1 # why',
    'A=',
    "A='x # y' # why",
    'A="one\ntwo"\nB=2',
    'K="-----BEGIN\nabc=\nab==\n-----END"',
  ])('%j is read as it stands', (text) => {
    expect(findUnreadableLines(text)).toEqual([])
  })

  test('a file that is not there sets nothing', () => {
    expect(readDotEnv(join(folder, 'none'))).toEqual({ values: {}, problems: [] })
  })
})
