import { createOpenAI } from '@ai-sdk/openai'
import { serveAiSdk } from './ai-sdk-acts.mjs'

const open = ({ url, key }) => createOpenAI({ baseURL: url, apiKey: key })
serveAiSdk({
  // The Responses API: what the provider takes unless told otherwise.
  chat: (at) => open(at)(at.model),
  embedding: (at) => open(at).embedding(at.model),
})
