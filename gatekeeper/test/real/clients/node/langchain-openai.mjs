import { ChatOpenAI, OpenAIEmbeddings } from '@langchain/openai'
import { serveLangchain } from './langchain-acts.mjs'

const place = ({ url, key, model }) => ({ model, apiKey: key, configuration: { baseURL: url } })
serveLangchain(
  {
    chat: (at, maxTokens) => new ChatOpenAI({ ...place(at), maxTokens }),
    embeddings: (at) => new OpenAIEmbeddings(place(at)),
  },
  { toolChoice: 'required' },
)
