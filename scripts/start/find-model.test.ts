import { describe, expect, it } from 'vitest'
import { startFaultyUpstream } from '../demo/faults.ts'
import { chooseModel, findModel } from './find-model.ts'

describe('the model in the lines to paste', () => {
  it.each([
    { name: "Ollama's list", list: { models: [{ name: 'llama3.2:1b' }] }, model: 'llama3.2:1b' },
    { name: "OpenAI's list", list: { data: [{ id: 'gpt' }] }, model: 'gpt' },
    {
      name: 'a list with models that only embed',
      list: { models: [{ name: 'nomic-embed-text' }, { name: 'qwen3' }] },
      model: 'qwen3',
    },
    { name: 'an empty list', list: { models: [] }, model: null },
    { name: 'no list', list: 'oops', model: null },
    { name: 'nothing', list: null, model: null },
    { name: 'a list of nonsense', list: { models: [null, 1, { name: 7 }] }, model: null },
  ])('of $name is $model', ({ list, model }) => {
    expect(chooseModel(list)).toBe(model)
  })

  it('is asked of LiteLLM with its key, which follows no redirect to another host', async () => {
    const [litellm, thief] = [await startFaultyUpstream(), await startFaultyUpstream()]
    const source = { ollamaUrl: null, litellmUrl: litellm.url, litellmKey: 'sk-master' }
    expect(await findModel(source)).toBe('demo:latest')
    expect(litellm.received[0]?.headers['authorization']).toEqual(['Bearer sk-master'])
    litellm.behave({ redirectTo: `${thief.url}/v1/models` })
    expect(await findModel(source)).toBeNull()
    expect(thief.requests).toBe(0)
    await Promise.all([litellm.close(), thief.close()])
  })

  it('is unknown where the upstream is gone, without a failure', async () => {
    const source = { ollamaUrl: 'http://127.0.0.1:1', litellmUrl: null, litellmKey: null }
    expect(await findModel(source)).toBeNull()
  })
})
