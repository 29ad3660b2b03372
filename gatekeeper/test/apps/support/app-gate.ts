/** The gate as shipped, in front of a real Ollama, or of the demonstration if none is available. */
import { ollama } from '../../real/parts/ollama.ts'
import type { Running } from '../../real/parts/part.ts'
import { type DecisionLine, watchDecisions } from '../../support/decisions.ts'
import { shippedGateway } from '../../support/gateway-file.ts'
import type { TestKey } from '../../support/keys.ts'
import { type Stack, startStack } from '../../support/stack.ts'

export type AppGate = {
  readonly stack: Stack
  /** The name of a model that chats, takes tools and embeds. */
  readonly model: string
  readonly isReal: boolean
  /** All decisions so far, oldest first. */
  readonly decisions: readonly DecisionLine[]
  readonly stop: () => Promise<void>
}

export type AppGateOptions = {
  readonly keys: readonly TestKey[]
  readonly env?: Readonly<Record<string, string>>
  /** Edits the shipped gatekeeper.yaml. */
  readonly config?: (shipped: string) => string
}

/** Opens it; `isReal` is what `hasOllama` found. */
export async function openAppGate(isReal: boolean, options: AppGateOptions): Promise<AppGate> {
  const model = isReal ? 'llama3.2' : 'demo'
  const server = isReal ? await startOllama(model) : null
  try {
    const stack = await startStack({
      config: options.config?.(shippedGateway) ?? shippedGateway,
      keys: options.keys,
      ...(server && { ollamaUrl: server.url }),
      ...(options.env && { env: options.env }),
    })
    return {
      ...{ stack, model, isReal, decisions: watchDecisions(stack.gatekeeper) },
      stop: async () => {
        await stack.stop()
        await server?.stop()
      },
    }
  } catch (error) {
    await server?.stop()
    throw error
  }
}

/** Whether a real Ollama is available; prints the replacement to stderr if not. */
export async function hasOllama(): Promise<boolean> {
  const found = await ollama.provision((line) => process.stderr.write(`ollama: ${line}\n`))
  if (found.available) return true
  process.stderr.write(`SKIPPED: ollama: ${found.why}
The demonstration upstream answers in its place: first answers show that much less.\n`)
  return false
}

async function startOllama(model: string): Promise<Running> {
  const server = await ollama.start({ models: ['base'] })
  const body = JSON.stringify({
    ...{ model, from: 'base', template, stream: false },
    // One thread, as in the real suite. Programs ask for up to 32,000 tokens, and random weights
    // never stop: each of these ends an answer, and none can be its beginning.
    parameters: { num_thread: 1, num_ctx: 2048, num_predict: 48, stop: endsOfWords },
  })
  const answer = await fetch(`${server.url}/api/create`, { method: 'POST', body })
  const text = await answer.text()
  if (answer.ok) return server
  await server.stop()
  throw new Error(`${model} could not be made: ${text}`)
}

/** Of words in the model's vocabulary, each of which has a space and a letter before this. */
const endsOfWords = ['ther', 'ave', 'ill', 'ime', 'ake', 'ould', 'ese']

/**
 * Ollama refuses tools of a request unless the model's template has a place for them. Only the last
 * message is shown to the model: of all that these programs send it would need minutes to make
 * tokens.
 */
const template = `{{ if .Tools }}{{ end }}{{ range $at, $message := .Messages }}{{ if eq (len (slice $.Messages $at)) 1 }}<|im_start|>{{ .Role }}
{{ .Content }}<|im_end|>
{{ end }}{{ end }}<|im_start|>assistant
`
