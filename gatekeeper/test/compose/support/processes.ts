import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { expect } from 'vitest'
import type { Deployment } from './deployment.ts'

/** The id of a service's container. */
export async function containerOf({ compose }: Deployment, service: string): Promise<string> {
  return (await compose('ps', '-q', service)).trim()
}

export type Inspected = {
  readonly Name: string
  readonly State: { readonly Pid: number; readonly OOMKilled: boolean }
  readonly RestartCount: number
  readonly HostConfig: Readonly<Record<string, unknown>>
  readonly Config: { readonly User: string; readonly Env: readonly string[] }
  readonly NetworkSettings: {
    readonly Networks: Readonly<Record<string, { readonly IPAddress: string }>>
    readonly Ports: Readonly<Record<string, unknown>>
  }
}

export async function inspect(deployment: Deployment, service: string): Promise<Inspected> {
  const text = await deployment.engine.docker('inspect', await containerOf(deployment, service))
  return JSON.parse(text)[0] as Inspected
}

/** The program's process on this machine: the child of the container's init. */
export async function programOf(deployment: Deployment, service: string): Promise<number> {
  const { Pid: init } = (await inspect(deployment, service)).State
  const children = await readFile(`/proc/${init}/task/${init}/children`, 'utf8')
  const pid = Number(children.trim().split(' ')[0])
  expect(pid, `the program of ${service}`).toBeGreaterThan(1)
  return pid
}

/** Fields of /proc/PID/status: CapEff, NoNewPrivs, Uid and so on. */
export async function statusOf(pid: number): Promise<Readonly<Record<string, string>>> {
  const text = await readFile(path.join('/proc', String(pid), 'status'), 'utf8')
  return Object.fromEntries(
    text
      .trim()
      .split('\n')
      .map((line) => line.split(':\t'))
      .map(([name = '', value = '']) => [name, value.trim()]),
  )
}

/** Runs a script of Node in a service's container and returns its output. */
export async function runNode(
  { compose }: Deployment,
  service: string,
  code: string,
): Promise<string> {
  return (await compose('exec', '-T', service, 'node', '-e', code)).trim()
}

/** For `runNode`: prints how a TCP connection ends, `open` or a code; `timeout` after 2 s. */
export function knock(host: string, port: number): string {
  return `const s=require('net').connect({host:'${host}',port:${port},timeout:2000});
    const end=(w)=>{console.log(w);process.exit()};
    s.on('connect',()=>end('open')).on('timeout',()=>end('timeout')).on('error',(e)=>end(e.code))`
}
