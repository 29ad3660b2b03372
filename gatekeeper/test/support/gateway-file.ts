import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'

/** The text of the gatekeeper.yaml that we ship. */
export const shippedGateway = readFileSync(
  resolve(import.meta.dirname, '../../../gatekeeper.yaml'),
  'utf8',
)

/** As shipped, but for an Ollama that is given these members as well: `slots: 64`. */
export function gatewayWithOllama(...members: readonly string[]): string {
  const head = '    kind: ollama\n'
  if (!shippedGateway.includes(head))
    throw new Error('no service of kind ollama in gatekeeper.yaml')
  return shippedGateway.replace(head, head + members.map((member) => `    ${member}\n`).join(''))
}

/** As shipped, but for an Ollama that works on all requests at a time, where none waits its turn. */
export const unqueuedGateway = gatewayWithOllama('slots: unlimited')
