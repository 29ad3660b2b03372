/** The package as others get it: packed, installed in an empty project and compiled there. */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { installIn, runIn } from '../support/pack.ts'

const root = resolve(import.meta.dirname, '../../..')

const client = `
import { chat, ChatError, chatStream, configure, createChatSession, createClient } from '@gatekeeper/chat'
import type { ChatOptions, ChatSession, Client, Message, Role, Usage } from '@gatekeeper/chat'
configure({ gateway: 'https://ai.example.com' })
const messages: Message[] = [{ role: 'user' satisfies Role, content: 'Hi' }]
const options: ChatOptions = { system: 'Be kind.', signal: AbortSignal.timeout(1) }
const session: ChatSession = createChatSession(options)
const own: Client = createClient({ gateway: 'https://ai.example.com', userToken: async () => 'token' })
export const usage: Usage | undefined = session.usage
export async function ask(): Promise<string> {
  for await (const piece of chatStream(messages)) piece.trim()
  for await (const event of own.chatEvents('Hi')) if (event.type === 'done') event.usage?.total_tokens.toFixed()
  try { return await chat('Hi') } catch (error) { return error instanceof ChatError ? error.code : '' }
}
// @ts-expect-error: a system message is an option, and no message.
void chat([{ role: 'system', content: 'Hi' }])
`
const page = `
import { ChatWidget, useChat, type UseChat } from '@gatekeeper/chat/react'
import { GatekeeperChat } from '@gatekeeper/chat/widget'
import { createElement } from 'react'
export const element: GatekeeperChat | null = document.querySelector<GatekeeperChat>('gatekeeper-chat')
export function Page() {
  const { send, input, setInput }: UseChat = useChat({ gateway: 'https://ai.example.com' })
  return createElement('form', { onSubmit: send }, createElement('button', { onClick: send }, input),
    createElement('input', { onChange: (event: { target: { value: string } }) => setInput(event.target.value) }),
    createElement(ChatWidget, { header: 'Ada', theme: 'dark', position: 'left', inline: true }))
}
// @ts-expect-error: not a position.
createElement(ChatWidget, { position: 'top' })
`
const guide = readFileSync(join(root, 'docs/guides/widget.md'), 'utf8')
const guidePage = /^```jsx\n([\s\S]*?)^```$/m.exec(guide)?.[1] ?? ''
const guideCommands = /^```sh\n(npm run build\n[\s\S]*?)\n```$/m.exec(guide)?.[1]?.split('\n')

const conditions = {
  node: { module: 'nodenext', lib: ['es2024'], types: ['node'], files: ['client.ts'] },
  bundler: {
    module: 'esnext',
    lib: ['es2024', 'dom', 'dom.iterable'],
    types: [],
    files: ['client.ts', 'page.ts', 'guide.tsx'],
  },
  browser: {
    ...{ module: 'esnext', lib: ['es2024', 'dom', 'dom.iterable'], types: [] },
    ...{ files: ['client.ts', 'page.ts'], customConditions: ['browser', 'import'] },
  },
}

describe('the package in an empty project', () => {
  const folder = mkdtempSync(join(tmpdir(), 'gk-consumer-'))
  const write = (name: string, content: string | object) =>
    writeFileSync(
      join(folder, name),
      typeof content === 'string' ? content : JSON.stringify(content),
    )

  beforeAll(async () => {
    expect(guideCommands).toEqual(['npm run build', 'npm pack ./sdk'])
    await runIn(root, 'npm', 'run', 'build')
    const tarball = join(folder, 'gatekeeper-chat-0.1.0.tgz')
    await runIn(root, 'npm', 'pack', './sdk', '--pack-destination', folder)
    write('package.json', {
      ...{ name: 'consumer', private: true, type: 'module' },
      dependencies: { '@gatekeeper/chat': `file:${tarball}` },
      devDependencies: { '@types/node': '24.19.2', '@types/react': '19.3.3', react: '19.3.1' },
    })
    write('client.ts', client)
    write('page.ts', page)
    write('guide.tsx', guidePage)
    await installIn(folder)
  }, 300_000)
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  it.each(Object.entries(conditions))(
    'compiles for %s, with every check on',
    async (name, { files, ...options }) => {
      const moduleResolution = options.module === 'nodenext' ? 'nodenext' : 'bundler'
      const strict = { strict: true, exactOptionalPropertyTypes: true, skipLibCheck: false }
      const compilerOptions = {
        ...options,
        ...strict,
        moduleResolution,
        noEmit: true,
        target: 'es2024',
        jsx: 'react-jsx',
      }
      write(`tsconfig.${name}.json`, { compilerOptions, files })
      const compiler = join(root, 'node_modules/typescript/bin/tsc')
      await runIn(folder, process.execPath, compiler, '-p', `tsconfig.${name}.json`)
    },
  )

  it('is loaded by Node, and has what it says and nothing else', async () => {
    const script = "console.log(Object.keys(await import('@gatekeeper/chat')).sort().join())"
    const names = await runIn(folder, process.execPath, '--input-type=module', '-e', script)
    expect(names.trim()).toBe(
      'ChatError,chat,chatStream,configure,createChatSession,createClient,solveChallenge',
    )
    const react = "console.log(Object.keys(await import('@gatekeeper/chat/react')).sort().join())"
    expect((await runIn(folder, process.execPath, '--input-type=module', '-e', react)).trim()).toBe(
      'ChatWidget,useChat',
    )
    const installed = join(folder, 'node_modules/@gatekeeper/chat')
    const { dependencies = {} } = JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8'))
    expect(dependencies).toEqual({})
    expect(existsSync(join(installed, 'dist/served'))).toBe(false)
    expect(existsSync(join(installed, 'src'))).toBe(false)
  })
})
