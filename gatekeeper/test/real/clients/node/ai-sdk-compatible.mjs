import { createOpenAICompatible } from '@ai-sdk/openai-compatible'
import { serveAiSdk } from './ai-sdk-acts.mjs'

const open = ({ url, key }) => createOpenAICompatible({ name: 'gate', baseURL: url, apiKey: key })
serveAiSdk({
  chat: (at) => open(at)(at.model),
  embedding: (at) => open(at).embeddingModel(at.model),
})
