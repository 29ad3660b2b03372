import { request } from 'node:http'
import type { Listen } from '../lib/net/listening.ts'

/** The gatekeeper's answer to a question of this user. */
export type GatekeeperAnswer = { readonly status: number; readonly document: unknown }

/** Asks the running gatekeeper for the document of a path. */
export type AskGatekeeper = (path: string, question?: object) => Promise<GatekeeperAnswer>

/** Far more than any answer of ours; a longer one is a fault and must not fill the memory. */
const answerBytesMax = 16 * 1024 * 1024

/**
 * Asks the running gatekeeper over the socket for commands of this user. Resolves with the status and
 * the document of its answer. Rejects with an error that has a `code` if no gatekeeper answers.
 */
export async function askGatekeeper(
  listen: Listen | null,
  path: string,
  question: object = {},
): Promise<GatekeeperAnswer> {
  if (listen?.kind !== 'unix') throw Object.assign(new Error('no socket'), { code: 'ENOTSUP' })
  const { promise, resolve, reject } = Promise.withResolvers<{ status: number; text: string }>()
  const asking = request({
    ...{ socketPath: listen.path, path, method: 'POST', timeout: 10_000 },
    headers: { host: 'localhost', 'content-type': 'application/json' },
  })
  asking.on('error', reject)
  asking.on('timeout', () =>
    asking.destroy(Object.assign(new Error('no answer'), { code: 'ETIMEDOUT' })),
  )
  asking.on('response', async (response) => {
    response.on('error', reject)
    try {
      let text = ''
      for await (const chunk of response.setEncoding('utf8')) {
        text += chunk
        if (text.length > answerBytesMax) throw tooLong()
      }
      resolve({ status: response.statusCode ?? 0, text })
    } catch (error) {
      reject(error as Error)
    }
  })
  asking.end(JSON.stringify(question))
  const { status, text } = await promise
  return { status, document: JSON.parse(text) }
}

function tooLong(): Error {
  return Object.assign(new Error('the answer is too long'), { code: 'EMSGSIZE' })
}
