import { expect, it } from 'vitest'
import type { EntryPoint } from './entry-point.ts'
import { secretsOf } from './gateway.ts'

const carriers: Readonly<Record<string, (key: string) => Record<string, string>>> = {
  'Authorization: Bearer': (key) => ({ authorization: `Bearer ${key}` }),
  'Authorization, bare': (key) => ({ authorization: key }),
  'Authorization: Basic': (key) => ({ authorization: `Basic ${btoa(`ada:${key}`)}` }),
  'X-API-Key': (key) => ({ 'X-API-Key': key }),
  'api-key': (key) => ({ 'api-key': key }),
  'x-goog-api-key': (key) => ({ 'x-goog-api-key': key }),
}

/**
 * Checks that a real server never receives a credential of ours, nor a client one of the server's.
 * Belongs at the end of a suite: it checks everything sent before, too. `serverKey` is the key that
 * the server itself requires, and that no client ever had; `answersMin` how many answers must be
 * there to be looked at, since clients in processes of their own leave none.
 */
export function itKeepsCredentials(
  entryPoint: EntryPoint,
  options: { listPath: string; serverKey: string | null; answersMin?: number },
): void {
  const ask = async (headers: Record<string, string>) => {
    const { stack, fetch } = entryPoint.gateway()
    const answer = await fetch(`${stack.url}${entryPoint.path}${options.listPath}`, { headers })
    return { status: answer.status, text: await answer.text() }
  }

  it.each(Object.entries(carriers))('a key as %s is accepted', async (_, carry) => {
    const { people } = entryPoint.gateway()
    expect((await ask(carry(people.ada.key))).status).toBe(200)
    expect((await ask(carry(people.stranger.key))).status).toBe(403)
  })

  it('the server saw none of our credentials, in any spelling', async () => {
    const { tap, people } = entryPoint.gateway()
    const sent = tap.sent()
    for (const secret of secretsOf(entryPoint.gateway())) {
      expect(sent.includes(secret)).toBe(false)
      expect(sent.includes(btoa(`ada:${secret}`))).toBe(false)
      expect(sent.includes(encodeURIComponent(secret))).toBe(false)
    }
    expect(sent).not.toMatch(/gk_[0-9a-z]{10}_/)
    expect(sent).not.toMatch(/^(x-api-key|api-key|x-goog-api-key|cookie|proxy-auth\S*):/im)
    // It received the identity of the caller, or this test has checked nothing.
    expect(/^x-gatekeeper-user: ada\r$/im.test(sent)).toBe(true)
    expect(sent.toLowerCase().includes(`x-gatekeeper-key-id: ${people.ada.id}\r\n`)).toBe(true)
  })

  it('the server got its own key on every request, and no client ever had it', async () => {
    const { tap, stack, people } = entryPoint.gateway()
    const shown = [...tap.sent().matchAll(/^authorization: (.*)\r$/gim)].map(([, value]) => value)
    if (options.serverKey === null) return expect(shown).toEqual([])
    const requests = tap.sent().match(/(GET|POST|HEAD) \/\S* HTTP\/1\.1\r$/gm) ?? []
    expect(requests.length).toBeGreaterThan(10)
    expect(shown).toEqual(requests.map(() => `Bearer ${options.serverKey}`))
    const asClient = await ask({ authorization: `Bearer ${options.serverKey}` })
    expect(asClient.status).toBe(401)
    expect((await ask({ authorization: `Bearer ${people.ada.key}` })).text).not.toContain(
      options.serverKey,
    )
    expect(stack.gatekeeper.output() + stack.caddy.output()).not.toContain(options.serverKey)
  })

  it('no answer reveals the gatekeeper, or the kind and address of the server', () => {
    const { answers } = entryPoint.gateway()
    const isTelling = (name: string) =>
      /^(x-gatekeeper|x-litellm|llm_provider|server$|x-powered-by|alt-svc)/.test(name)
    expect(answers.length).toBeGreaterThanOrEqual(options.answersMin ?? 20)
    const telling = answers.filter(({ fields }) => Object.keys(fields).some(isTelling))
    expect(telling).toEqual([])
    // Caddy names itself; any other proxy would be named before it.
    for (const { fields } of answers) expect(fields['via'] ?? '1.1 Caddy').toBe('1.1 Caddy')
  })

  it('no request failed, not even one that its library retried by itself', () => {
    const { answers, stack } = entryPoint.gateway()
    const failed = answers.filter(({ status }) => status >= 500)
    expect(failed, stack.gatekeeper.output()).toEqual([])
  })

  it('no log line has a credential', () => {
    const { stack } = entryPoint.gateway()
    const written = stack.gatekeeper.output() + stack.caddy.output()
    for (const secret of secretsOf(entryPoint.gateway()))
      expect(written.includes(secret)).toBe(false)
    expect(written).not.toMatch(/gk_[0-9a-z]{10}_/)
  })
}
