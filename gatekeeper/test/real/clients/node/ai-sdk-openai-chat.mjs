import { createOpenAI } from '@ai-sdk/openai'
import { serveAiSdk } from './ai-sdk-acts.mjs'

const open = ({ url, key }) => createOpenAI({ baseURL: url, apiKey: key })
serveAiSdk({
  chat: (at) => open(at).chat(at.model),
  embedding: (at) => open(at).embedding(at.model),
})
