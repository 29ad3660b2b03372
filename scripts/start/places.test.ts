import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { type AddressInfo, createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { readSettings } from '../../gatekeeper/src/config/read-settings.ts'
import { checkPlaces } from './check-places.ts'
import { openStateFolder } from './state-folder.ts'

let folder: string
const servers: Server[] = []
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gk-places-'))
})
afterEach(async () => {
  for (const server of servers.splice(0)) server.close()
  await rm(folder, { recursive: true, force: true })
})

async function listen(place: string | 0): Promise<number> {
  const server = createServer((socket) => socket.destroy())
  servers.push(server)
  if (place === 0) server.listen(0, '127.0.0.1')
  else server.listen(place)
  await once(server, 'listening')
  return place === 0 ? (server.address() as AddressInfo).port : 0
}

async function findFreePort(): Promise<number> {
  const port = await listen(0)
  const server = servers.pop() as Server
  server.close()
  await once(server, 'close')
  return port
}

async function check(env: Record<string, string> = {}) {
  const ports = {
    GATEKEEPER_HTTPS_PORT: String(await findFreePort()),
    GATEKEEPER_HTTP_PORT: String(await findFreePort()),
    GATEKEEPER_CONSOLE_PORT: String(await findFreePort()),
  }
  const all = { ...ports, GATEKEEPER_STATE_DIR: folder, ...env }
  const source = { env: all, folder, platform: 'linux', readFile: () => '' }
  const log: string[] = []
  await checkPlaces(readSettings(source).settings, (line) => log.push(line))
  return log
}

describe('the places to listen on', () => {
  it('are free on a machine where nothing runs', async () => {
    expect(await check()).toEqual([])
  })

  it('that are taken are all named, each with its port, its address and its variable', async () => {
    const [https, http] = [await listen(0), await listen(0)]
    const checking = check({
      GATEKEEPER_HTTPS_PORT: String(https),
      GATEKEEPER_HTTP_PORT: String(http),
    })
    await expect(checking).rejects.toMatchObject({
      exitCode: 69,
      problems: [
        {
          source: 'GATEKEEPER_HTTPS_PORT',
          what: `port ${https} on 127.0.0.1 is taken by another program`,
        },
        {
          source: 'GATEKEEPER_HTTP_PORT',
          what: expect.stringContaining(`port ${http} on 127.0.0.1`),
        },
      ],
    })
  })

  it('of the console is named by its own variable, and needs no place without a console', async () => {
    const port = await listen(0)
    const env = { GATEKEEPER_CONSOLE_PORT: String(port) }
    await expect(check(env)).rejects.toMatchObject({
      problems: [
        {
          source: 'GATEKEEPER_CONSOLE_PORT',
          what: `port ${port} on 127.0.0.1 is taken by another program`,
        },
      ],
    })
    expect(await check({ ...env, GATEKEEPER_CONSOLE: 'off' })).toEqual([])
  })

  it('of the console on a foreign address is named by the variable of its address', async () => {
    await expect(check({ GATEKEEPER_CONSOLE_BIND: '192.0.2.1' })).rejects.toMatchObject({
      problems: [{ source: 'GATEKEEPER_CONSOLE_BIND' }],
    })
  })

  it('on a foreign address are named by the variable of the address', async () => {
    await expect(check({ GATEKEEPER_BIND: '192.0.2.1' })).rejects.toMatchObject({
      problems: [{ source: 'GATEKEEPER_BIND' }, { source: 'GATEKEEPER_BIND' }],
    })
  })

  it('of another Gatekeeper on the same state folder are named as such, and only so', async () => {
    await mkdir(join(folder, 'run'))
    await listen(join(folder, 'run', 'ops.sock'))
    const port = await listen(0)
    await expect(check({ GATEKEEPER_HTTPS_PORT: String(port) })).rejects.toMatchObject({
      exitCode: 69,
      problems: [{ what: expect.stringContaining('another Gatekeeper is running on it') }],
    })
  })

  it('left over from a crash are removed, aloud', async () => {
    await mkdir(join(folder, 'run'))
    const path = join(folder, 'run', 'relay.sock')
    const script = `require('net').createServer().listen(${JSON.stringify(path)}, () => console.log())`
    const crashing = spawn(process.execPath, ['-e', script])
    await once(crashing.stdout, 'data')
    crashing.kill('SIGKILL')
    await once(crashing, 'exit')
    expect((await check()).join()).toMatch(/removing .*relay\.sock/)
    expect(await readdir(join(folder, 'run'))).toEqual([])
  })

  it('that are no sockets are not removed', async () => {
    await mkdir(join(folder, 'run'))
    await writeFile(join(folder, 'run', 'relay.sock'), 'precious')
    await expect(check()).rejects.toMatchObject({
      problems: [{ source: 'GATEKEEPER_RELAY_LISTEN' }],
    })
    expect(await readdir(join(folder, 'run'))).toEqual(['relay.sock'])
  })
})

const modeOf = async (path: string) => (await stat(path)).mode & 0o777

describe('the state folder', () => {
  it('is made for this user alone', async () => {
    const path = join(folder, 'a', 'state')
    await openStateFolder(path)
    expect(await modeOf(path)).toBe(0o700)
    expect(await readdir(path)).toEqual(['run'])
    expect(await readdir(join(path, 'run'))).toEqual([])
  })

  it('of an earlier start is closed to others again', async () => {
    const path = join(folder, 'state')
    await mkdir(join(path, 'caddy'), { recursive: true })
    await chmod(path, 0o755)
    await openStateFolder(path)
    expect(await modeOf(path)).toBe(0o700)
  })

  it('is never a folder full of other things: /tmp would be closed to everybody', async () => {
    const path = join(folder, 'shared')
    await mkdir(join(path, 'photos'), { recursive: true })
    await chmod(path, 0o777)
    await expect(openStateFolder(path)).rejects.toMatchObject({ exitCode: 78 })
    expect(await modeOf(path)).toBe(0o777)
    expect(await readdir(path)).toEqual(['photos'])
  })

  it('that is a file, or under one, is named with the reason', async () => {
    const path = join(folder, 'file')
    await writeFile(path, '')
    await expect(openStateFolder(path)).rejects.toThrow(/file: cannot be used.*EEXIST/)
    await expect(openStateFolder(join(path, 'state'))).rejects.toThrow(/ENOTDIR/)
  })

  it.skipIf(process.getuid?.() === 0)(
    'that is read-only is named with the reason (root may write)',
    async () => {
      const path = join(folder, 'state')
      await mkdir(path, { mode: 0o500 })
      await expect(openStateFolder(path)).rejects.toThrow(/EACCES/)
    },
  )
})
