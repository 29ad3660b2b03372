/**
 * `npm run recording`: starts Gatekeeper with the demo model on free ports, runs the commands of a
 * first visit for real, and writes what they print to docs/recording.svg. Then starts it again with
 * two days of traffic and takes the pictures of the console. Needs python3, curl and Chromium.
 */
import { execFile } from 'node:child_process'
import { copyFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { runProgram } from './frame/run-program.ts'
import { refusePositionals } from './frame/words.ts'
import { mask } from './recording/mask.ts'
import { renderSvg, type Step } from './recording/render-svg.ts'
import { provider, takePictures } from './recording/take-pictures.ts'
import { type Launch, openSetup, type Setup } from './test/launch.ts'

const root = resolve(import.meta.dirname, '..')
const picture = 'docs/recording.svg'
const title = 'Gatekeeper starts, makes a key, allows a call with it and refuses one without'
const run = promisify(execFile)

await runProgram<null>({
  name: 'recording',
  command: {
    summary: `Runs the commands of a first visit, writes ${picture} and pictures of the console.`,
    usage: '',
    options: {},
    help: ['Needs python3, curl and chromium. Secrets, ports and times are masked.'],
    run: async (words) => {
      refusePositionals(words, '; recording takes no words')
      const recorded = await inSetup(record)
      writeFileSync(join(root, picture), renderSvg(title, recorded))
      return { json: { written: [picture, ...(await inSetup(photograph))] } }
    },
  },
  exitCodes: { 0: 'done' },
  open: () => null,
})

async function inSetup<T>(act: (setup: Setup) => Promise<T>): Promise<T> {
  const setup = await openSetup()
  try {
    return await act(setup)
  } finally {
    await setup.remove()
  }
}

async function photograph(setup: Setup): Promise<readonly string[]> {
  const browser = (await execute(setup, 'sh', ['-c', 'command -v chromium'])).trim()
  const withProvider = { ...setup, env: { ...setup.env, ...provider } }
  const runKeys = (words: readonly string[]) =>
    execute(withProvider, process.execPath, [join(root, 'scripts/keys.ts'), ...words])
  return await takePictures(root, { setup, browser, runKeys })
}

async function record(setup: Setup): Promise<Step[]> {
  const caddy = process.env['GATEKEEPER_CADDY']
  const env = { ...(caddy !== undefined && { GATEKEEPER_CADDY: caddy }) }
  const launch = setup.launch({ env, isTerminal: true })
  await launch.ready()
  copyFileSync(
    join(setup.folder, 'state/caddy/pki/authorities/local/root.crt'),
    join(setup.folder, 'ca.crt'),
  )
  const words = ['add', '--user', 'ada', '--service', 'ollama', '--limit', '60/min']
  const added = await execute(setup, process.execPath, [join(root, 'scripts/keys.ts'), ...words])
  const key = /gk_\w{60}/.exec(added)?.[0] ?? ''
  // A running gatekeeper accepts a new key within two seconds.
  await sleep(2_000)
  const steps = [
    { command: 'npm start', output: summaryOf(launch) },
    { command: `npm run keys -- ${words.join(' ')}`, output: added.trimEnd().split('\n') },
    await call(setup, key, '$KEY'),
    await call(setup, 'a-guess', 'a-guess'),
  ]
  const place = { folder: setup.folder, port: setup.port }
  return steps.map(({ command, output }) => ({
    command: mask(command, place),
    output: mask(output.join('\n'), place).split('\n'),
  }))
}

/** What the launcher prints, up to the line that begins with `ready`. */
function summaryOf(launch: Launch): string[] {
  const lines = launch.stdout().split(/\r?\n/)
  const end = lines.findIndex((line) => line.startsWith('ready '))
  return lines.slice(0, end + 1).filter((line) => /^(?:gatekeeper: (?!Caddy)|ready )/.test(line))
}

/** A chat with a credential; `shown` stands for it in the picture. */
async function call(setup: Setup, credential: string, shown: string): Promise<Step> {
  const url = `https://localhost:${setup.port}/v1/chat/completions`
  const body = '{"model": "demo:latest", "messages": [{"role": "user", "content": "Who are you?"}]}'
  const words = ['--cacert', 'ca.crt', url, '-H', `Authorization: Bearer ${credential}`]
  const output = ['-s', '-w', '\nHTTP %{response_code}\n']
  const printed = await execute(setup, 'curl', [...words, '--json', body, ...output])
  const command = [
    `curl --cacert ca.crt -H "Authorization: Bearer ${shown}" \\`,
    `    ${url} \\`,
    `    --json '${body}'`,
  ].join('\n')
  return { command, output: printed.trimEnd().split('\n') }
}

async function execute(setup: Setup, command: string, words: readonly string[]): Promise<string> {
  const { stdout } = await run(command, words, { cwd: setup.folder, env: { ...setup.env } })
  return stdout
}
