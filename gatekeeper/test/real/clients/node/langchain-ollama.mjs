import { ChatOllama, OllamaEmbeddings } from '@langchain/ollama'
import { serveLangchain } from './langchain-acts.mjs'

const place = ({ url, key, model }) => ({
  ...{ model, baseUrl: url },
  headers: { Authorization: `Bearer ${key}` },
})
serveLangchain({
  chat: (at, numPredict) => new ChatOllama({ ...place(at), numPredict }),
  embeddings: (at) => new OllamaEmbeddings(place(at)),
})
