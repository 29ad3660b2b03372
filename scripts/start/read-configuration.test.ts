import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Problem } from '../../gatekeeper/src/lib/problem.ts'
import { readConfiguration } from './read-configuration.ts'
import { StartError } from './start-error.ts'

let root: string
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'gk-configuration-'))
  const file = 'version: 1\nservices:\n  ollama: {kind: ollama, routes: [{prefix: /api}]}\n'
  await writeFile(join(root, 'gatekeeper.yaml'), file)
})
afterEach(async () => {
  await rm(root, { recursive: true, force: true })
})

function problemsOf(env: Record<string, string> = {}): readonly Problem[] {
  try {
    readConfiguration(root, env)
    return []
  } catch (error) {
    if (error instanceof StartError && error.exitCode === 78) return error.problems
    throw error
  }
}

describe('the configuration of a start', () => {
  it('takes what .env says where the environment says nothing', async () => {
    await writeFile(join(root, '.env'), 'GATEKEEPER_SITE=a.lan\nOLLAMA_URL="http://gpu:1"\n')
    const { settings, env } = readConfiguration(root, { GATEKEEPER_SITE: 'b.lan' })
    expect(settings).toMatchObject({ sites: ['b.lan'], ollamaUrl: 'http://gpu:1' })
    expect(env).toMatchObject({ GATEKEEPER_SITE: 'b.lan', OLLAMA_URL: 'http://gpu:1' })
  })

  it('names every problem at once: of variables, of .env and of gatekeeper.yaml', async () => {
    await writeFile(join(root, '.env'), 'GATEKEEPER_SIET=x\n')
    await writeFile(join(root, 'gatekeeper.yaml'), 'version: 1\nservices:\n  a: {kind: nonsense}\n')
    const problems = problemsOf({ GATEKEEPER_HTTPS_PORT: 'many', OLLAMA_URL: 'ftp://x' })
    const sources = problems.map(({ source }) => source)
    expect(sources).toEqual(
      expect.arrayContaining(['GATEKEEPER_SIET', 'GATEKEEPER_HTTPS_PORT', 'OLLAMA_URL']),
    )
    expect(problems.find(({ source }) => source.endsWith('gatekeeper.yaml'))).toMatchObject({
      line: 3,
    })
  })

  it('says that gatekeeper.yaml is not there', async () => {
    await rm(join(root, 'gatekeeper.yaml'))
    expect(problemsOf()).toMatchObject([{ what: 'cannot be read (ENOENT)' }])
  })
})
