import { readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { expect, it } from 'vitest'
import type { Deployment } from './deployment.ts'
import { openStream, readStream } from './outside.ts'
import { containerOf, inspect, programOf } from './processes.ts'

const streams = 200

export function itKeepsItsMemory(deployment: () => Deployment, key: () => string): void {
  it(`${streams} streams at once are complete, within the memory limits`, async () => {
    const before = await inspect(deployment(), 'gatekeeper')
    const open = await Promise.all(
      Array.from({ length: streams }, () => openStream(deployment(), key())),
    )
    expect(open.map(({ status }) => status)).toEqual(Array(streams).fill(200))
    const done = await Promise.all(open.map(({ chunks }) => readStream(chunks)))
    expect(done.filter(({ text }) => !text.includes('data: [DONE]'))).toEqual([])
    for (const service of ['gatekeeper', 'caddy']) {
      const { State, HostConfig, RestartCount } = await inspect(deployment(), service)
      expect(State.OOMKilled).toBe(false)
      const peak = await peakBytes(await programOf(deployment(), service))
      deployment().log(`${service}: ${Math.round(peak / 1e6)} MB at most with ${streams} streams`)
      expect(peak).toBeLessThan(HostConfig['Memory'] as number)
      if (service === 'gatekeeper') expect(RestartCount).toBe(before.RestartCount)
    }
  })
}

/** The peak memory of the process, from the kernel. */
async function peakBytes(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8')
  return Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1]) * 1024
}

export function itUpgrades(deployment: () => Deployment, key: () => string): void {
  it('up -d --build during a stream: the stream is complete, and the new version answers', async () => {
    const file = path.join(deployment().clone, 'gatekeeper/src/app/own-package.ts')
    const old = await containerOf(deployment(), 'gatekeeper')
    const { status, chunks } = await openStream(deployment(), key())
    expect(status).toBe(200)
    const reading = readStream(chunks)
    const text = await readFile(file, 'utf8')
    const next = text.replace(/(?<=export const version: string = ).+$/s, "'9.9.9'\n")
    expect(next).not.toBe(text)
    await writeFile(file, next)
    await deployment().compose('up', '-d', '--build', '--wait')
    expect((await reading).text).toContain('data: [DONE]')
    expect(await containerOf(deployment(), 'gatekeeper')).not.toBe(old)
    expect((await deployment().send('/health')).text).toContain('"version":"9.9.9"')
    expect((await deployment().send('/api/tags', { key: key() })).status).toBe(200)
    expect((await deployment().send('/api/tags')).status).toBe(401)
  })

  it('a Caddyfile that Caddy refuses fails the build, and the running version stays', async () => {
    const file = path.join(deployment().clone, 'caddy/Caddyfile')
    const text = await readFile(file, 'utf8')
    await writeFile(file, text.replace('admin off', 'admin offf off'))
    await expect(deployment().compose('up', '-d', '--build')).rejects.toThrow(/Caddyfile/)
    await writeFile(file, text)
    expect((await deployment().send('/api/tags', { key: key() })).status).toBe(200)
  })
}
