import type { Running } from '../parts/part.ts'

/** Whether a llama-server computes nothing at present, by its own metrics. */
export async function isLlamaIdle(server: Running, key: string | null): Promise<boolean> {
  const headers: Record<string, string> = key === null ? {} : { authorization: `Bearer ${key}` }
  const answer = await fetch(`${server.url}/metrics`, { headers })
  const text = await answer.text()
  const count = /^llamacpp:requests_processing (\d+)/m.exec(text)?.[1]
  if (count === undefined) throw new Error(`no count of requests in: ${text.slice(0, 300)}`)
  return count === '0'
}
