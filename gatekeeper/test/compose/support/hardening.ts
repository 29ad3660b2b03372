import { expect, it } from 'vitest'
import { type Deployment, readPins } from './deployment.ts'
import { inspect, programOf, statusOf } from './processes.ts'

const netBindService = '0000000000000400'
const none = '0'.repeat(16)
const bounding = { caddy: netBindService, gatekeeper: none, admin: none, ollama: none }
const services = Object.keys(bounding) as (keyof typeof bounding)[]

/** Kernel settings are read from the kernel, not from the file that we wrote. */
export function itIsHardened(deployment: () => Deployment): void {
  it.each(services)('%s runs as an unprivileged user, without a capability', async (service) => {
    const status = await statusOf(await programOf(deployment(), service))
    expect(status['Uid']?.split('\t')).toEqual(Array(4).fill('1000'))
    for (const name of ['CapInh', 'CapPrm', 'CapEff', 'CapAmb']) {
      expect(status[name]).toBe(none)
    }
    expect(status['CapBnd']).toBe(bounding[service])
    expect(status['NoNewPrivs']).toBe('1')
    expect(status['Seccomp']).toBe('2')
  })

  it.each(services)('%s can write only to its volumes and a small /tmp', async (service) => {
    // The admin process alone writes the key folder.
    const folders = [
      '/',
      '/etc',
      '/usr',
      '/app/secrets',
      ...(service === 'admin' ? [] : ['/app/keys']),
    ]
    const script = `for f in ${folders.join(' ')}; do touch $f/x 2>&1; done; true`
    const said = await deployment().compose('exec', '-T', service, 'sh', '-c', script)
    expect(said).not.toBe('')
    for (const line of said.trim().split('\n')) {
      expect(line).toMatch(/Read-only file system|No such file/)
    }
    const run = 'cp /bin/sh /tmp/sh && /tmp/sh -c true 2>&1 || echo refused'
    expect(await deployment().compose('exec', '-T', service, 'sh', '-c', run)).toContain('refused')
  })

  it.each(services)(
    '%s has its limits, an init, a restart policy, logs that rotate',
    async (name) => {
      const { HostConfig } = await inspect(deployment(), name)
      expect(HostConfig).toMatchObject({
        ...{ ReadonlyRootfs: true, Privileged: false, Init: true, CapDrop: ['ALL'] },
        RestartPolicy: { Name: 'unless-stopped' },
        LogConfig: { Type: 'local', Config: { 'max-size': '10m', 'max-file': '3' } },
        SecurityOpt: expect.arrayContaining(['no-new-privileges:true']),
      })
      expect(HostConfig['Memory']).toBeGreaterThan(0)
      expect(HostConfig['PidsLimit']).toBeGreaterThan(0)
    },
  )

  it('the stand-in of Caddy needs its capability as the official one does', async () => {
    const { caddy } = await readPins(deployment().clone)
    const run = (...more: string[]) =>
      deployment().engine.docker(
        'run',
        '--rm',
        '--cap-drop=ALL',
        '--user=1000',
        ...more,
        caddy,
        'caddy',
        'version',
      )
    await expect(run()).rejects.toThrow(/operation not permitted/i)
    expect(await run('--cap-add=NET_BIND_SERVICE')).toMatch(/^v?2\./)
  })

  it('a container that uses more memory than its limit is ended', async () => {
    const take = 'const a=[];for(;;)a.push(Buffer.alloc(8e6,1))'
    const run = deployment().compose('run', '--rm', '--entrypoint', 'node', 'keys', '-e', take)
    await expect(run).rejects.toThrow(/failed \(137\)/)
  })

  it('files that Caddy and the gatekeeper share are for them only', async () => {
    const list = "find /state -exec stat -c '%a %u %F %n' {} +"
    const said = await deployment().compose('exec', '-T', 'caddy', 'sh', '-c', list)
    const entries = said.trim().split('\n')
    expect(entries.length).toBeGreaterThan(5)
    for (const entry of entries.filter((line) => !/ \/state$/.test(line))) {
      expect(entry).toMatch(/^(700|600|660) 1000 /)
    }
    expect(said).not.toContain('front-secrets.json')
  })

  it('the admin process opens keys, usage and audit, and no secret of anybody else', async () => {
    const list =
      'find / -xdev -path /proc -prune -o -path /sys -prune -o -type f -readable -print; '
    const mounted = 'for f in /state /app/keys; do find $f -type f -readable; done 2>/dev/null; '
    const front = 'echo front $(wc -c < /state/front-secrets.json)'
    const said = await deployment().compose(
      'exec',
      '-T',
      'admin',
      'sh',
      '-c',
      list + mounted + front,
    )
    const files = said.trim().split('\n')
    expect(files).toEqual(expect.arrayContaining(['/state/usage.db', 'front 0']))
    expect(files.filter((file) => file.startsWith('/app/keys/')).length).toBeGreaterThan(0)
    const secret = /^\/state\/(?:signing|vault|caddy)\/|secrets\.caddy|^\/app\/secrets\/|\.key$/
    expect(files.filter((file) => secret.test(file))).toEqual([])
  })

  it('passkeys and sessions are in the container of the admin process alone', async () => {
    const find = ['sh', '-c', 'find /state -name "admin.db*" 2>/dev/null; echo end']
    const seen = (service: string) => deployment().compose('exec', '-T', service, ...find)
    expect(await seen('admin')).toContain('/state/admin/admin.db')
    for (const service of ['gatekeeper', 'caddy']) expect((await seen(service)).trim()).toBe('end')
  })

  it("Docker's own proxy settings do not reach Caddy", async () => {
    const { Config } = await inspect(deployment(), 'caddy')
    for (const name of ['HTTP_PROXY', 'https_proxy']) expect(Config.Env).toContain(`${name}=`)
  })
}
