import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { stat } from 'node:fs/promises'
import path from 'node:path'
import { expect, it } from 'vitest'
import { endsWithUs } from '../../real/parts/command.ts'
import { waitUntil } from '../../support/child.ts'
import { type Deployment, realOllama } from './deployment.ts'
import { readGuide } from './guide.ts'
import { programOf, statusOf } from './processes.ts'

/** Other set-ups: the files next to docker-compose.yml, and a real Ollama. */
export function itStandsInOtherWays(deployment: () => Deployment, key: () => string): void {
  it('compose.host.yaml: an Ollama on the host is reached at both points', async () => {
    const { network, env, folder } = deployment().engine
    const fake = path.join(import.meta.dirname, '../stand-ins/ollama.ts')
    const enter = ['nsenter', `--net=/run/netns/${network.namespace}`]
    // Where containers reach the host: the address of Docker's own bridge.
    const own = { ...env, HOME: folder, OLLAMA_HOST: '172.17.0.1:11434' }
    const words = [...endsWithUs, ...enter, process.execPath, fake, 'serve']
    const child = spawn('setpriv', words, { env: own, stdio: 'ignore' })
    try {
      const up = 'up -d --wait caddy gatekeeper && docker compose rm -sf ollama'
      await deployment().shell(
        `export COMPOSE_FILE=docker-compose.yml:compose.host.yaml; docker compose ${up}`,
      )
      for (const target of ['/api/tags', '/chat/api/tags']) {
        await waitUntil(
          async () =>
            (await deployment().send(target, { key: key() })).text.includes('demo:latest'),
          { limitMs: 15_000, describe: () => `${target} leads nowhere` },
        )
      }
    } finally {
      child.kill()
      await once(child, 'exit')
    }
    await deployment().compose('up', '-d', '--wait')
  })

  it('C18: compose.litellm.yaml runs only LiteLLM on loopback, and refuses to start without a key', async () => {
    const files = '-f docker-compose.yml -f compose.litellm.yaml'
    const refused = await deployment().shell(`docker compose ${files} config litellm 2>&1 || true`)
    expect(refused).toContain('set LITELLM_MASTER_KEY')
    const config = `LITELLM_MASTER_KEY=sk-x docker compose ${files} config --format json litellm`
    const { services } = JSON.parse(await deployment().shell(config))
    expect(Object.keys(services)).toEqual(['litellm'])
    expect(Object.keys(services.litellm.networks)).toEqual(['egress'])
    expect(services.litellm.ports).toMatchObject([{ host_ip: '127.0.0.1', published: '4000' }])
  })

  it('the real Ollama runs as it is confined here, and pulls on its own network', async (context) => {
    if (!deployment().hasRealOllama) {
      process.stderr.write('SKIPPED: no Ollama was built here (npm run test:real builds one)\n')
      return context.skip()
    }
    const real = `export OLLAMA_IMAGE=${realOllama}; docker compose`
    await deployment().shell(`${real} up -d --build --wait ollama`)
    const { text } = await deployment().send('/api/version', { key: key() })
    expect(text).toMatch(/"version":"\d+\.\d+\.\d+"/)
    expect(text).not.toContain('demo')
    const pull = await deployment().shell(`${real} run --rm ollama-pull tiny 2>&1 || echo code $?`)
    // Here the network ends at the engine's host: the request for the registry is the last step.
    expect(pull).toMatch(/dial tcp|lookup/)
    expect(pull).not.toMatch(/permission denied|read-only/i)
  })

  it('the guide: a clone of another uid, with the volumes of the old one', async () => {
    const { clone, compose, shell, send } = deployment()
    const [own = '', ...giveOver] = readGuide('Owner of the files', 'sh')
    const as = (script: string) => script.replace(/\$\(id -[ug]\)/g, '1234')
    await shell(`chown -R 1234:1234 keys && ${as(own).split('\n').slice(0, 2).join(' && ')}`)
    await compose('build')
    const refused = await shell('docker compose run --rm --no-deps gatekeeper 2>&1 || echo code $?')
    expect(refused).toContain('uid 1234')
    expect(refused).toContain('code 78')
    for (const script of giveOver) await shell(as(script))
    await compose('up', '-d', '--wait')
    expect((await statusOf(await programOf(deployment(), 'gatekeeper')))['Uid']).toMatch(/^1234\b/)
    expect((await stat(path.join(clone, 'keys/keys.json'))).uid).toBe(1234)
    expect((await send('/api/version', { key: key() })).status).toBe(200)
  })
}
