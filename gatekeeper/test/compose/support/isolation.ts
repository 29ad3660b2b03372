import { once } from 'node:events'
import { createServer } from 'node:net'
import { expect, it } from 'vitest'
import { type Deployment, readPins } from './deployment.ts'
import { inspect, knock, runNode } from './processes.ts'

/** Prints every TCP port of `host` that is open. */
const scan = (host: string) => `
const {connect}=require('net');const open=[];let next=1;
const one=()=>new Promise((done)=>{const port=next++;const s=connect({host:'${host}',port,timeout:1500});
  const end=()=>{s.destroy();done()};s.on('connect',()=>{open.push(port);end()}).on('timeout',end).on('error',end)});
const work=async()=>{while(next<65536)await one()};
Promise.all(Array.from({length:400},work)).then(()=>console.log(JSON.stringify(open)))`

/**
 * Which container can reach which. Each "closed" has an "open" next to it, or it would prove
 * nothing.
 */
export function itIsolates(deployment: () => Deployment): void {
  const addressOf = async (service: string, network: string) =>
    (await inspect(deployment(), service)).NetworkSettings.Networks[`gatekeeper_${network}`]
      ?.IPAddress ?? ''

  /** Runs Node in a container of its own on one of the networks. */
  const runOn = async (network: string, code: string) => {
    const { node } = await readPins(deployment().clone)
    const words = ['run', '--rm', '--network', `gatekeeper_${network}`, node, 'node', '-e', code]
    return (await deployment().engine.docker(...words)).trim()
  }

  it('only Caddy publishes ports', async () => {
    const ports = async (service: string) =>
      Object.values((await inspect(deployment(), service)).NetworkSettings.Ports).filter(Boolean)
        .length
    expect(await ports('caddy')).toBe(3)
    for (const service of ['gatekeeper', 'admin', 'ollama', 'tts'])
      expect(await ports(service)).toBe(0)
  })

  it('on the edge network every port of Caddy but its three is closed', async () => {
    const address = await addressOf('caddy', 'edge')
    expect(JSON.parse(await runOn('edge', scan(address)))).toEqual([8080, 8443, 8444])
  })

  it('from the edge network neither the gatekeeper nor a service can be reached', async () => {
    const targets: [string, number][] = [
      [await addressOf('gatekeeper', 'ollama'), 9001],
      [await addressOf('ollama', 'ollama'), 11434],
      [await addressOf('tts', 'tts'), 8880],
      ['ollama', 11434],
    ]
    const knocks = targets.map(([host, port]) => runOn('edge', knock(host, port)))
    expect(await Promise.all(knocks)).not.toContain('open')
    expect(await runOn('ollama', knock('ollama', 11434))).toBe('open')
  })

  it('the gatekeeper listens on no network at all', async () => {
    const address = await addressOf('gatekeeper', 'ollama')
    expect(JSON.parse(await runOn('ollama', scan(address)))).toEqual([])
  })

  it('no service can call another without the gate', async () => {
    const ollama = await addressOf('ollama', 'ollama')
    const tts = await addressOf('tts', 'tts')
    const knocks = [
      runNode(deployment(), 'tts', knock('ollama', 11434)),
      runNode(deployment(), 'tts', knock(ollama, 11434)),
      runNode(deployment(), 'ollama', knock(tts, 8880)),
      runNode(deployment(), 'gatekeeper', knock(tts, 8880)),
    ]
    expect(await Promise.all(knocks)).not.toContain('open')
    expect(await runNode(deployment(), 'tts', knock('127.0.0.1', 8880))).toBe('open')
  })

  it('only the egress network leads out', async () => {
    const { ourAddress } = deployment().engine.network
    const outside = createServer((socket) => socket.end()).listen(0, ourAddress)
    await once(outside, 'listening')
    const { port } = outside.address() as { port: number }
    try {
      const knocks = ['gatekeeper', 'ollama', 'tts'].map((service) =>
        runNode(deployment(), service, knock(ourAddress, port)),
      )
      expect(await Promise.all(knocks)).not.toContain('open')
      expect(await runOn('egress', knock(ourAddress, port))).toBe('open')
    } finally {
      outside.close()
    }
  })
}
