import { request } from 'node:http'
import type { Listen } from '../../gatekeeper/src/lib/net/listening.ts'

/**
 * Asks the running gatekeeper over the socket for commands of this user. Resolves with the status and
 * the document of its answer. Rejects with an error that has a `code` when none answers.
 */
export async function askGatekeeper(
  listen: Listen | null,
  path: string,
  question: object = {},
): Promise<{ readonly status: number; readonly document: unknown }> {
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
      for await (const chunk of response.setEncoding('utf8')) text += chunk
      resolve({ status: response.statusCode ?? 0, text })
    } catch (error) {
      reject(error as Error)
    }
  })
  asking.end(JSON.stringify(question))
  const { status, text } = await promise
  return { status, document: JSON.parse(text) }
}
