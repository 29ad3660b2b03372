/**
 * `npm run explain -- --key ID GET /ollama/api/tags`: what would happen to a request, and why, from
 * the files or from the running gatekeeper. Nothing is sent on.
 */
import { resolve } from 'node:path'
import { loadGateway } from '../gatekeeper/src/config/load-gateway.ts'
import type { Settings } from '../gatekeeper/src/config/read-settings.ts'
import { systemClock } from '../gatekeeper/src/lib/clock.ts'
import { exitCode, ProblemsError } from '../gatekeeper/src/lib/problem.ts'
import type {
  ExplainCaller,
  ExplainQuestion,
  Explanation,
} from '../gatekeeper/src/model/explanation.ts'
import { describeExplanation } from '../gatekeeper/src/operations/explain/describe-explanation.ts'
import { openInstallation } from '../gatekeeper/src/operations/installation.ts'
import { UnknownKeyError } from '../gatekeeper/src/operations/keys/key-writer.ts'
import { askLive } from './explain/ask-live.ts'
import { askOffline } from './explain/ask-offline.ts'
import { explainOptions, readQuestion, type Wanted } from './explain/read-question.ts'
import { render } from './explain/render.ts'
import type { Command, Failure } from './frame/program.ts'
import { runProgram } from './frame/run-program.ts'
import { formatTable } from './frame/table.ts'
import { UsageError } from './frame/words.ts'
import { findKeyId } from './keys/find-key-id.ts'
import { readSettingsOf, readText } from './settings/read-settings-of.ts'

const explain: Command<Settings> = {
  summary:
    'What would happen to a request, every check with its answer, and where that is written.',
  usage: '[WHO] [options] METHOD PATH',
  options: explainOptions,
  help: [
    'Nothing is sent on and nothing is counted. Without --live the files are read as they are now, and',
    'what is left of limits is not known.',
    '',
    'WHO is one of',
    ...formatTable([
      ['--key ID', 'the key of this id; its secret is not needed'],
      ['--client ID', 'the client of this id, with an access token of its own'],
      ['--token FILE', 'the holder of the credential in this file: an access token or a key'],
      ['--anonymous', 'a caller without a credential; the same as none of these'],
    ]),
    '',
    ...formatTable([
      ['METHOD PATH', 'as a client sends it: GET /ollama/api/tags, or a whole address'],
      ['--model NAME', 'the model that the body names'],
      ['--endpoint PATH', 'the endpoint that the body names, for POST /api/PROVIDER/proxy'],
      ['--from ADDRESS', 'the address of the client; unset: 127.0.0.1'],
      ['--origin ORIGIN', 'the origin of the page, if a browser asks: https://app.example'],
      ['--host NAME', 'the host name of the request; unset: the first of GATEKEEPER_SITE'],
      ['--live', 'ask the running gatekeeper: with what is used up, and with the files in force'],
    ]),
  ],
  run: async (words, settings) => {
    const wanted = readQuestion(words)
    const explanation = await ask(wanted, settings)
    const installation = openInstallation(settings, { clock: systemClock, readText })
    const described = describeExplanation(explanation, { ...installation, readText })
    return {
      code: explanation.verdict.isAllowed ? exitCode.ok : exitCode.no,
      json: described,
      lines: render(explanation, { places: described.written, isLive: wanted.isLive }),
    }
  },
}

await runProgram<Settings>({
  name: 'explain',
  command: explain,
  exitCodes: {
    0: 'it would be allowed',
    1: 'it would be refused',
    69: '--live, and no gatekeeper answers',
    78: 'a setting or a file is broken',
  },
  open: () => {
    const { settings, problems } = readSettingsOf(resolve(import.meta.dirname, '..'), process.env)
    if (problems.length > 0) throw new ProblemsError(problems)
    return settings
  },
  explain: explainFailure,
})

function explainFailure(error: unknown): Failure | null {
  const { code, message } = error as NodeJS.ErrnoException
  if (error instanceof UnknownKeyError) {
    return { code: exitCode.usage, name: 'unknown_key', lines: message.split('\n') }
  }
  if (code === undefined) return null
  const line = `no gatekeeper answers (${code}); without --live the files are read`
  return { code: exitCode.unavailable, name: 'unavailable', lines: [line] }
}

async function ask(wanted: Wanted, settings: Settings): Promise<Explanation> {
  const { method, target, from, origin, model, host, endpoint } = wanted
  const caller = await readCaller(wanted, settings)
  const name = host ?? settings.sites[0] ?? 'localhost'
  const request = { method, target, clientAddress: from, origin, model, endpoint, host: name }
  const question: ExplainQuestion = { ...request, caller }
  if (wanted.isLive) return await askLive(question, settings.explainListen)
  const gateway = loadGateway(settings, readText)
  if (gateway.problems.length > 0) throw new ProblemsError(gateway.problems)
  return await askOffline(question, { settings, gateway })
}

async function readCaller({ caller }: Wanted, settings: Settings): Promise<ExplainCaller> {
  if (caller.kind === 'key') {
    const installation = openInstallation(settings, { clock: systemClock, readText })
    return { kind: 'key', id: await findKeyId(caller.id, installation) }
  }
  if (caller.kind !== 'file') return caller
  try {
    return { kind: 'credential', credential: readText(caller.path).trim() }
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    throw new UsageError(`--token: ${caller.path} cannot be read (${code})`)
  }
}
