import { createOllama } from 'ollama-ai-provider-v2'
import { serveAiSdk } from './ai-sdk-acts.mjs'

const open = ({ url, key }) =>
  createOllama({ baseURL: `${url}/api`, headers: { Authorization: `Bearer ${key}` } })
serveAiSdk(
  { chat: (at) => open(at)(at.model), embedding: (at) => open(at).embedding(at.model) },
  (tokens) => ({ ollama: { options: { num_predict: tokens } } }),
)
