/** Lines to paste: where a key works, in the words of each client. */
import type { Route, ServiceChoice } from './keys.ts'

export type Lines = { readonly title: string; readonly text: string }

type Bases = {
  /** What a client of OpenAI's API takes as its base URL. */
  readonly openai: string | null
  /** The same for Anthropic's: the library adds `/v1`. */
  readonly anthropic: string | null
  /** The same for Ollama's: the library adds `/api`. */
  readonly ollama: string | null
  /** Any service at all. */
  readonly first: string
}

/** Kinds of model servers that speak OpenAI's and Anthropic's API below `/v1`. */
const versioned = new Set(['ollama', 'openai', 'llamacpp', 'vllm'])
const speaksAnthropic = new Set(['ollama', 'openai', 'llamacpp', 'vllm'])

/** What providers have between their prefix and the paths of OpenAI's API. */
const providerPaths: Readonly<Record<string, string>> = {
  ...{ openai: '/v1', groq: '/openai/v1', mistral: '/v1', deepseek: '/v1', together: '/v1' },
  ...{ xai: '/v1', openrouter: '/api/v1', fireworks: '/inference/v1', perplexity: '' },
  gemini: '/v1beta/openai',
}

/** Returns the base URLs of the services of a key. */
export function basesOf(services: readonly ServiceChoice[], baseUrl: string): Bases {
  const at = ({ host, prefix }: Route) => originFor(host, baseUrl) + trim(prefix)
  const find = (baseOf: (service: ServiceChoice) => string | null) => {
    for (const service of services) {
      const base = baseOf(service)
      if (base !== null) return base
    }
    return null
  }
  const [route] = services.flatMap(({ routes }) => routes)
  return {
    openai: find((service) => openaiBase(service, at)),
    anthropic: find((service) => anthropicBase(service, at)),
    ollama: find((service) => ollamaBase(service, at)),
    first: route === undefined ? baseUrl : at(route),
  }
}

type At = (route: Route) => string

function openaiBase({ name, kind, isProvider, routes }: ServiceChoice, at: At): string | null {
  if (isProvider) {
    const path = providerPaths[name]
    const [route] = routes
    return path === undefined || route === undefined ? null : at(route) + path
  }
  if (!versioned.has(kind)) return null
  const own = routes.find(({ prefix }) => prefix === '/v1')
  if (own !== undefined) return at(own)
  const below = routes.find(({ strip, prefix }) => strip || prefix === '/')
  return below === undefined ? null : `${at(below)}/v1`
}

function anthropicBase(service: ServiceChoice, at: At): string | null {
  const [route] = service.routes
  if (service.isProvider) return service.name === 'claude' && route !== undefined ? at(route) : null
  if (!speaksAnthropic.has(service.kind)) return null
  return openaiBase(service, at)?.replace(/\/v1$/, '') ?? null
}

function ollamaBase({ kind, routes }: ServiceChoice, at: At): string | null {
  if (kind !== 'ollama') return null
  const own = routes.find(({ prefix }) => prefix === '/api')
  if (own !== undefined) return at(own).replace(/\/api$/, '')
  const below = routes.find(({ strip, prefix }) => strip || prefix === '/')
  return below === undefined ? null : at(below)
}

const trim = (prefix: string) => (prefix === '/' ? '' : prefix.replace(/\/$/, ''))

/** A route of a name of its own has the scheme and port of the others. */
function originFor(host: string | null, baseUrl: string): string {
  if (host === null) return baseUrl
  const url = new URL(baseUrl)
  url.hostname = host
  return url.origin
}

const message = '"messages":[{"role":"user","content":"Hello"}]'

/** Returns the lines for each client that can use the key, the likeliest first. */
export function linesFor(
  key: string,
  {
    services,
    baseUrl,
    model,
  }: {
    readonly services: readonly ServiceChoice[]
    readonly baseUrl: string
    readonly model: string
  },
): readonly Lines[] {
  const bases = basesOf(services, baseUrl)
  return [
    ...openaiLines(key, bases, model),
    ...anthropicLines(key, bases, model),
    ...ollamaLines(key, bases, model),
    curlLines(key, bases, model),
  ]
}

function openaiLines(key: string, { openai, ollama }: Bases, model: string): Lines[] {
  if (openai === null) return []
  const python = `# pip install openai
from openai import OpenAI

client = OpenAI(
    base_url="${openai}",
    api_key="${key}",
)
answer = client.chat.completions.create(
    model="${model}", messages=[{"role": "user", "content": "Hello"}]
)
print(answer.choices[0].message.content)`
  const js = `// npm install openai
import OpenAI from 'openai'

const openai = new OpenAI({
  baseURL: '${openai}',
  apiKey: '${key}',
})
const answer = await openai.chat.completions.create({
  model: '${model}',
  messages: [{ role: 'user', content: 'Hello' }],
})
console.log(answer.choices[0].message.content)`
  const forWebUi = [
    'Admin Panel, Settings, Connections:',
    `  OpenAI API   ${openai}`,
    ...(ollama === null ? [] : [`  Ollama API   ${ollama}`]),
    `  Key          ${key}`,
  ]
  const forContinue = `name: gate
version: 0.0.1
schema: v1
models:
  - name: ${model}
    provider: openai
    model: ${model}
    apiBase: ${openai}
    apiKey: ${key}
    roles: [chat]`
  return [
    { title: 'openai (Python)', text: python },
    { title: 'openai (JS)', text: js },
    { title: 'Open WebUI', text: forWebUi.join('\n') },
    { title: 'Continue', text: forContinue },
  ]
}

function anthropicLines(key: string, { anthropic }: Bases, model: string): Lines[] {
  if (anthropic === null) return []
  const python = `# pip install anthropic
from anthropic import Anthropic

client = Anthropic(
    base_url="${anthropic}",
    api_key="${key}",
)
answer = client.messages.create(
    model="${model}", max_tokens=100, messages=[{"role": "user", "content": "Hello"}]
)
print(answer.content[0].text)`
  const code = `export ANTHROPIC_BASE_URL=${anthropic}
export ANTHROPIC_AUTH_TOKEN=${key}
export ANTHROPIC_MODEL=${model}
claude -p hello`
  return [
    { title: 'anthropic', text: python },
    { title: 'Claude Code', text: code },
  ]
}

function ollamaLines(key: string, { ollama }: Bases, model: string): Lines[] {
  if (ollama === null) return []
  const text = `export OLLAMA_HOST=${ollama}
export OLLAMA_API_KEY=${key}
# pip install ollama
python3 -c 'import ollama
print(ollama.chat(model="${model}", messages=[{"role": "user", "content": "Hello"}]).message.content)'`
  return [{ title: 'ollama', text }]
}

function curlLines(key: string, { openai, anthropic, first }: Bases, model: string): Lines {
  const isMessages = openai === null && anthropic !== null
  const url = isMessages ? `${anthropic}/v1/messages` : `${openai}/chat/completions`
  const body = isMessages
    ? `{"model":"${model}","max_tokens":100,${message}}`
    : `{"model":"${model}",${message}}`
  const text =
    openai === null && anthropic === null
      ? `curl --fail ${first}/ \\\n  -H 'Authorization: Bearer ${key}'`
      : `curl --fail ${url} \\
  -H 'Authorization: Bearer ${key}' \\
  -H 'Content-Type: application/json' \\
  -d '${body}'`
  return { title: 'curl', text }
}

/** A model's name to begin with: the first of the key that is no pattern. */
export function modelFor(models: readonly string[]): string {
  return models.find((model) => !model.includes('*')) ?? 'llama3.2'
}
