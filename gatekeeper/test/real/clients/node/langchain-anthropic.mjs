import { ChatAnthropic } from '@langchain/anthropic'
import { serveLangchain } from './langchain-acts.mjs'

serveLangchain(
  {
    chat: ({ url, key, model }, maxTokens) =>
      new ChatAnthropic({ anthropicApiUrl: url, apiKey: key, model, maxTokens }),
  },
  { toolChoice: 'any' },
)
