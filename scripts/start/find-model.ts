const askMsMax = 1000

/** Where to ask for models: Ollama natively, LiteLLM with its key. */
export type ModelSource = {
  readonly ollamaUrl: string | null
  readonly litellmUrl: string | null
  readonly litellmKey: string | null
}

/** The name of a model that the upstream has and that can talk, or null. */
export async function findModel(source: ModelSource): Promise<string | null> {
  const { ollamaUrl, litellmUrl, litellmKey } = source
  if (ollamaUrl !== null) return await firstModel(`${ollamaUrl}/api/tags`, {})
  if (litellmUrl === null || litellmKey === null) return null
  return await firstModel(`${litellmUrl}/v1/models`, { Authorization: `Bearer ${litellmKey}` })
}

async function firstModel(url: string, headers: Record<string, string>): Promise<string | null> {
  try {
    const signal = AbortSignal.timeout(askMsMax)
    // A redirect could carry the key to another host.
    const response = await fetch(url, { headers, signal, redirect: 'error' })
    return chooseModel(await response.json())
  } catch {
    return null
  }
}

/** Reads Ollama's list and OpenAI's; passes over models that only embed. */
export function chooseModel(list: unknown): string | null {
  const { models, data } = (list ?? {}) as { models?: unknown; data?: unknown }
  const entries = Array.isArray(models) ? models : Array.isArray(data) ? data : []
  const names = entries
    .map((entry) => (entry as { name?: unknown; id?: unknown })?.name ?? entry?.id)
    .filter((name): name is string => typeof name === 'string' && name !== '')
  return names.find((name) => !/embed/i.test(name)) ?? null
}
