import { readFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { clients, createWorkspace, type Workspace } from './parts/clients.ts'
import { runCommand } from './parts/command.ts'
import { litellm } from './parts/litellm.ts'
import { createUnhurried, ollama } from './parts/ollama.ts'
import { type Running, repositoryRoot } from './parts/part.ts'
import { type Gateway, openGateway } from './support/gateway.ts'
import { areAvailable } from './support/provision.ts'
import { isRun, readSections, type Section } from './support/read-sections.ts'

const isAvailable = await areAvailable(ollama, litellm, clients)
const masterKey = 'sk-master-0123456789abcdef'
const shown = {
  url: 'https://localhost:8443',
  key: 'gk_…',
  ca: '.gatekeeper/caddy/pki/authorities/local/root.crt',
}
const [setUp, ...sections] = readSections(
  readFileSync(join(repositoryRoot, 'docs/clients.md'), 'utf8'),
)

describe.skipIf(!isAvailable)('docs/clients.md', { timeout: 120_000 }, () => {
  let server: Running
  let proxy: Running
  let gateway: Gateway
  let workspace: Workspace
  beforeAll(async () => {
    server = await ollama.start({ models: ['base'] })
    await createUnhurried(server, 'llama3.2')
    const model = { provider: 'ollama_chat', apiBase: server.url, model: 'llama3.2' } as const
    proxy = await litellm.start({ masterKey, models: { 'llama3.2': model } })
    gateway = await openGateway(server, ['ollama', 'litellm'], (ollamaUrl) => ({
      ollamaUrl,
      env: { LITELLM_URL: proxy.url, LITELLM_MASTER_KEY: masterKey },
    }))
    workspace = await createWorkspace()
  }, 240_000)
  afterAll(async () => {
    await workspace?.remove()
    await gateway?.stop()
    await proxy?.stop()
    await server?.stop()
  })

  const putIn = (text: string) =>
    text
      .replaceAll(shown.url, gateway.stack.url)
      .replaceAll(shown.key, gateway.people.ada.key)
      .replaceAll(shown.ca, `'${gateway.stack.caFile}'`)

  /** As a reader would: the set-up, the section's settings, then its program. */
  const runSection = async ({ shell, program }: Section): Promise<string> => {
    const lines = ['set -eu', ...(setUp?.shell ?? []), ...shell].map(putIn)
    const words: string[] = []
    if (program !== null) {
      const name = program.language === 'js' ? 'snippet.mjs' : 'snippet.py'
      await writeFile(join(workspace.home, name), putIn(program.text))
      const python = program.text.includes('from litellm') ? 'litellm' : 'python'
      words.push(...workspace.command(program.language === 'js' ? 'node' : python, name))
      lines.push('exec "$@"')
    }
    const env = ['HOME', 'PATH'].map((name) => `${name}=${process.env[name]}`)
    const clean = ['-i', ...env, 'LITELLM_LOCAL_MODEL_COST_MAP=True', 'bash', '-c']
    return await runCommand('env', [...clean, lines.join('\n'), 'bash', ...words], {
      ...{ timeoutSeconds: 60, cwd: workspace.home },
    })
  }

  it('names every library of the suite, and where its untested part begins', () => {
    const names = sections.filter(isRun).map(({ title }) => title)
    expect(names.length).toBeGreaterThan(14)
    expect(sections.filter((section) => !isRun(section)).map(({ title }) => title)).toEqual([
      'Applications',
      'Claude Code and budgets of tokens',
    ])
  })

  it.each(sections.filter(isRun))('$title: works unchanged', async (section) => {
    expect(await runSection(section)).toMatch(/\S/)
  })
})
