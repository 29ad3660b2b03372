/** Clients that speak HTTP/2, each of which sends the same requests and counts the answers. */
import { execFile, spawn } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { type ClientHttp2Session, connect } from 'node:http2'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { pythonEnvironment } from '../../real/parts/python.ts'
import type { Stack } from '../stack.ts'
import { type Cell, fill } from './cells.ts'

/** The number of each answer (`HTTP/2 401 {…}`). */
export type Seen = { readonly name: string; readonly seen: Readonly<Record<string, number>> }

/** Sends each cell's request `repeat` times. */
export type Client = (
  stack: Stack,
  cells: readonly Cell[],
  repeat: number,
) => Promise<readonly Seen[]>

const run = promisify(execFile)
const count = async (cell: Cell, repeat: number, send: () => Promise<string>): Promise<Seen> => {
  const seen: Record<string, number> = {}
  for (let turn = 0; turn < repeat; turn++) {
    const came = await send().catch((error: unknown) => `error ${String(error)}`)
    seen[came] = (seen[came] ?? 0) + 1
  }
  return { name: cell.name, seen }
}

/** A new process and a new connection each time. */
export const curl: Client = async (stack, cells, repeat) => {
  const folder = mkdtempSync(join(tmpdir(), 'gk-curl-'))
  const body = join(folder, 'body')
  const results: Seen[] = []
  for (const cell of cells) {
    writeFileSync(body, fill(cell.bytes))
    const fields = Object.entries(cell.headers).flatMap(([name, value]) => [
      '-H',
      `${name}: ${value}`,
    ])
    const words = ['-sS', '--http2', '--cacert', stack.caFile, ...fields, '--data-binary']
    const format = ['-w', '\\nHTTP/%{http_version} %{http_code}', stack.url + cell.path]
    const send = async () => {
      const { stdout } = await run('curl', [...words, `@${body}`, ...format])
      const at = stdout.lastIndexOf('\n')
      return `${stdout.slice(at + 1)} ${stdout.slice(0, at)}`
    }
    results.push(await count(cell, repeat, send))
  }
  rmSync(folder, { recursive: true })
  return results
}

/** One connection for all requests of a cell. */
export const nodeHttp2: Client = async (stack, cells, repeat) => {
  const results: Seen[] = []
  for (const cell of cells) {
    const session = connect(stack.url, { ca: stack.ca })
    session.on('error', () => {})
    const body = fill(cell.bytes)
    results.push(await count(cell, repeat, () => sendByNode(session, cell, body)))
    session.destroy()
  }
  return results
}

function sendByNode(session: ClientHttp2Session, cell: Cell, body: Buffer): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  const fields = { ':method': 'POST', ':path': cell.path, 'content-length': String(cell.bytes) }
  const stream = session.request({ ...fields, ...cell.headers })
  let status = 0
  let text = ''
  stream.on('response', (head) => {
    status = Number(head[':status'])
  })
  stream.on('data', (chunk: Buffer) => {
    text += chunk.toString('utf8')
  })
  stream.on('end', () => resolve(`HTTP/2 ${status} ${text}`))
  stream.on('error', reject)
  stream.end(body)
  return promise
}

const folder = import.meta.dirname

/** httpx with h2; null, with a message, without CPython 3.11 or a network. */
export async function provideHttpx(): Promise<Client | null> {
  try {
    const requirements = join(folder, 'httpx-requirements.txt')
    const python = await pythonEnvironment('httpx', requirements, () => {})
    return byProgram(join(python, 'bin/python'), [join(folder, 'client.py')])
  } catch (error) {
    return skip('httpx', error)
  }
}

/** Go's client; null, with a message, without Go. */
export async function provideGo(): Promise<Client | null> {
  const go = existsSync('/usr/local/go/bin/go') ? '/usr/local/go/bin/go' : 'go'
  const program = join(mkdtempSync(join(tmpdir(), 'gk-go-')), 'client')
  try {
    await run(go, ['build', '-o', program, join(folder, 'client.go')])
    return byProgram(program, [])
  } catch (error) {
    return skip('Go', error)
  }
}

function skip(name: string, error: unknown): null {
  const [line] = String(error).split('\n')
  process.stderr.write(`SKIPPED: refusals as seen by ${name}: it cannot be had: ${line}\n`)
  return null
}

function byProgram(command: string, words: readonly string[]): Client {
  return async (stack, cells, repeat) => {
    const [prefix, suffix] = [fill.prefix, fill.suffix]
    const spec = { url: stack.url, ca: stack.caFile, prefix, suffix, repeat, cells }
    const child = spawn(command, words, { stdio: ['pipe', 'pipe', 'inherit'] })
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    child.on('error', reject)
    child.on('close', () => resolve())
    child.stdin.on('error', reject)
    child.stdin.end(JSON.stringify(spec))
    const chunks: Buffer[] = []
    child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk))
    await promise
    return JSON.parse(Buffer.concat(chunks).toString('utf8')) as Seen[]
  }
}
