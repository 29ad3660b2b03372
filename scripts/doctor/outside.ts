/** What the examinations need of the machine and the network; loopback and own addresses only. */
import { connect } from 'node:net'
import { networkInterfaces } from 'node:os'
import { systemClock } from '../../gatekeeper/src/lib/clock.ts'
import {
  type Surroundings,
  systemSurroundings,
} from '../../gatekeeper/src/operations/doctor/context.ts'
import { type RunCommand, runCommand } from '../caddy/run-command.ts'

/** The parts of an answer that the examinations read. */
export type HttpAnswer = {
  readonly status: number
  /** Of the Date field, epoch milliseconds. */
  readonly dateAt: number | null
  readonly text: string
}

export type Outside = Surroundings & {
  readonly run: RunCommand
  /** Whether something accepts a connection. */
  readonly isOpen: (host: string, port: number) => Promise<boolean>
  /** One GET without any credential; null without an answer. */
  readonly get: (url: string) => Promise<HttpAnswer | null>
  /** This machine's addresses that others can reach. */
  readonly addresses: () => readonly string[]
}

const answerMsMax = 1500
const answerCharsMax = 64 * 1024

export const systemOutside: Outside = {
  ...systemSurroundings(systemClock),
  run: runCommand,
  isOpen,
  get,
  addresses: () =>
    Object.entries(networkInterfaces())
      // Only containers and virtual machines of this machine are on these.
      .filter(([name]) => !/^(docker|br-|veth|virbr)/.test(name))
      .flatMap(([, list]) => list ?? [])
      // Link-local IPv6 addresses cannot be called without naming their interface.
      .filter(({ internal, address }) => !internal && !address.startsWith('fe80:'))
      .map(({ address }) => address),
}

function isOpen(host: string, port: number): Promise<boolean> {
  return new Promise((done) => {
    const socket = connect({ host, port, timeout: answerMsMax })
    const finish = (result: boolean) => {
      socket.destroy()
      done(result)
    }
    socket.on('connect', () => finish(true))
    socket.on('timeout', () => finish(false))
    // A server that resets a connection has accepted it.
    socket.on('error', ({ code }: NodeJS.ErrnoException) => finish(code === 'ECONNRESET'))
  })
}

async function get(url: string): Promise<HttpAnswer | null> {
  try {
    const signal = AbortSignal.timeout(answerMsMax)
    const response = await fetch(url, { signal, redirect: 'manual' })
    const text = (await response.text()).slice(0, answerCharsMax)
    const dateAt = Date.parse(response.headers.get('date') ?? '')
    return { status: response.status, dateAt: Number.isNaN(dateAt) ? null : dateAt, text }
  } catch {
    return null
  }
}
