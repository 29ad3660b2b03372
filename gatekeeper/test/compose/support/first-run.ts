import { chown, rm, stat, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { expect, it } from 'vitest'
import type { Deployment } from './deployment.ts'
import { readGuide } from './guide.ts'

const keyForm = /gk_[0-9a-z]{10}_[0-9A-Za-z]{49}/

/** The commands of a new user, in the order of the guide, with nothing configured. */
export function itStartsForNewcomers(
  deployment: () => Deployment,
  keepKey: (key: string) => void,
): void {
  let key = ''

  it('the guide: up, and a first key', async () => {
    const [upAndKey = ''] = readGuide('First run', 'sh')
    key = keyForm.exec(await deployment().shell(upAndKey))?.[0] ?? ''
    expect(key).not.toBe('')
    keepKey(key)
  })

  it('the guide: one call over TLS with the root of Caddy, one with the key', async () => {
    const [, calls = ''] = readGuide('First run', 'sh')
    expect(calls).toContain('gk_…')
    const said = await deployment().shell(calls.replace('gk_…', key))
    expect(said).toContain('"status":"ok"')
    expect(said).toContain('"user":"ada"')
  })

  it('a caller without a key is refused, over HTTP/2 as well', async () => {
    const ask = (words: string) =>
      deployment().shell(
        `curl -s --cacert root.crt ${words} -o /dev/null -w '%{http_code} %{http_version}' https://localhost:8443/status`,
      )
    expect(await ask('--http1.1')).toBe('401 1.1')
    expect(await ask('--http2')).toBe('401 2')
    expect(await ask(`--http2 -H 'X-API-Key: ${key}'`)).toBe('200 2')
  })

  it('by default the ports are open on loopback only', async () => {
    const { engineAddress } = deployment().engine.network
    const said = await deployment().shell(
      `curl -sk -m 3 https://${engineAddress}:8443/health -o /dev/null || echo closed`,
    )
    expect(said.trim()).toBe('closed')
    await expect(fetch(`http://${engineAddress}:8080/`)).rejects.toThrow()
  })

  it('the guide: the first owner of the console gets a link, and its pages are there', async () => {
    const invite = readGuide('First run', 'sh').find((script) => script.includes(' people '))
    const said = await deployment().shell(invite ?? '')
    expect(said).toMatch(/https:\/\/console\.localhost:8444\/welcome#[\w-]{43}/)
    const page = await deployment().shell(
      "curl -s --cacert root.crt --resolve console.localhost:8444:127.0.0.1 https://console.localhost:8444/welcome -w ' %{http_code}'",
    )
    expect(page).toMatch(/<!doctype html>[\s\S]* 200$/i)
  })

  it('the guide: Ollama behind it, and a model', async () => {
    const [, , withOllama = ''] = readGuide('First run', 'sh')
    const said = await deployment().shell(withOllama.replace('$GK_API_KEY', key))
    expect(said).toContain('pulled llama3.2')
    expect(said).toContain('"models"')
  })

  it('a clone of another user: the message names the uid and the fix, and nothing is written', async () => {
    const keys = path.join(deployment().clone, 'keys')
    await chown(keys, 0, 0)
    const add = 'docker compose run --rm keys add --user eve --service ollama 2>&1 || echo code $?'
    const said = await deployment().shell(add)
    await chown(keys, 1000, 1000)
    expect(said).toContain('EACCES')
    expect(said).toContain('uid 1000')
    expect(said).toContain('GATEKEEPER_UID')
    expect(said).toContain('code 73')
    expect((await stat(keys)).uid).toBe(1000)
  })

  it('a key file that the gatekeeper may not read stops its start, and the message says why', async () => {
    const file = path.join(deployment().clone, 'keys/plain.json')
    await writeFile(file, '{}', { mode: 0o600 })
    await chown(file, 0, 0)
    const run = 'docker compose run --rm --no-deps -e API_KEYS_FILE=keys/plain.json gatekeeper'
    const said = await deployment().shell(`${run} 2>&1 || echo code $?`)
    await rm(file)
    expect(said).toContain('runs as uid 1000')
    expect(said).toContain('GATEKEEPER_UID')
    expect(said).toContain('code 78')
  })
}
