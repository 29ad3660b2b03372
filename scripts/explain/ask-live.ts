import { request } from 'node:http'
import type { Listen } from '../../gatekeeper/src/config/listen.ts'
import type { ExplainQuestion, Explanation } from '../../gatekeeper/src/explain/explain.ts'

/** Asks the running gatekeeper. Rejects with an error that has a `code` when none answers. */
export async function askLive(
  question: ExplainQuestion,
  listen: Listen | null,
): Promise<Explanation> {
  if (listen?.kind !== 'unix') throw Object.assign(new Error('no socket'), { code: 'ENOTSUP' })
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  const asking = request({
    ...{ socketPath: listen.path, path: '/explain', method: 'POST', timeout: 10_000 },
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
      if (response.statusCode === 200) resolve(text)
      else reject(Object.assign(new Error('no explanation'), { code: `${response.statusCode}` }))
    } catch (error) {
      reject(error as Error)
    }
  })
  asking.end(JSON.stringify(question))
  return JSON.parse(await promise) as Explanation
}
