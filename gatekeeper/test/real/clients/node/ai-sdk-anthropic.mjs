import { createAnthropic } from '@ai-sdk/anthropic'
import { serveAiSdk } from './ai-sdk-acts.mjs'

serveAiSdk({
  // With /v1, other than the library of Anthropic itself.
  chat: ({ url, key, model }) => createAnthropic({ baseURL: `${url}/v1`, apiKey: key })(model),
})
