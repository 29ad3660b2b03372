import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'

/** The text of the gatekeeper.yaml that we ship. */
export const shippedGateway = readFileSync(
  resolve(import.meta.dirname, '../../../gatekeeper.yaml'),
  'utf8',
)

const relayedChat = '{ prefix: /chat, strip: true }'

/**
 * As shipped, except for `/chat`, which is checked here: an Ollama behind both points, for
 * tests that apply to both.
 */
export const twoPointGateway = shippedGateway.replace(
  relayedChat,
  relayedChat.replace(' }', ', mode: check }'),
)
if (twoPointGateway === shippedGateway) throw new Error('gatekeeper.yaml has no route /chat')

/** The same for an Ollama with these members as well: `slots: 64`. */
export function gatewayWithOllama(...members: readonly string[]): string {
  const head = '    kind: ollama\n'
  if (!twoPointGateway.includes(head))
    throw new Error('no service of kind ollama in gatekeeper.yaml')
  return twoPointGateway.replace(head, head + members.map((member) => `    ${member}\n`).join(''))
}

/**
 * The same for an Ollama that works on all requests at once, without a queue, and with
 * reads that load tests do not reach.
 */
export const unqueuedGateway = `${gatewayWithOllama('slots: unlimited')}\nreads: 10m/min\n`
