/**
 * Open WebUI without its pages: started as its users start it, driven by the API that its pages
 * call.
 */
import { mkdtemp } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { removeFolder } from '../../real/parts/cache.ts'
import type { Running } from '../../real/parts/part.ts'
import { startServer } from '../../real/parts/server.ts'
import type { Stack } from '../../support/stack.ts'
import { webuiFolder } from './installed.ts'

/** An answer of Open WebUI's own API, and its arrival (epoch ms). */
export type WebuiAnswer = { readonly status: number; readonly text: string; readonly at: number }

export type Webui = {
  /** Where it listens itself. */
  readonly url: string
  readonly output: () => string
  /** Gives the Ollama and the OpenAI connection this key, as its settings page does. */
  readonly connect: (key: string) => Promise<void>
  /** Gives the embedding of documents this key, as its settings page does. */
  readonly connectDocuments: (key: string, model: string) => Promise<WebuiAnswer>
  readonly post: (path: string, json: object) => Promise<WebuiAnswer>
  readonly get: (path: string) => Promise<WebuiAnswer>
  readonly upload: (name: string, text: string) => Promise<WebuiAnswer>
  readonly stop: () => Promise<void>
}

/** Starts it with a connection to a model server, the gate or another; it fetches nothing else. */
export async function startWebui({
  url,
  caFile,
}: Pick<Stack, 'url'> & Partial<Pick<Stack, 'caFile'>>): Promise<Webui> {
  const home = await mkdtemp(path.join(os.tmpdir(), 'gatekeeper-webui-'))
  const python = path.join(await webuiFolder(), 'bin/python')
  const server = await startServer((port) => ({
    command: python,
    // Like `open-webui serve`, whose script contains the folder in which it was built.
    args: ['-c', 'from open_webui import app; app()', 'serve', ...listenOn(port)],
    env: {
      ...settings(home),
      OLLAMA_BASE_URL: url,
      ...(caFile && { AIOHTTP_CLIENT_SSL_CERT_FILE: caFile }),
    },
    cwd: home,
    readyPath: '/health',
    readySeconds: 240,
  }))
  const stop = async () => {
    await server.stop()
    await removeFolder(home)
  }
  try {
    return { url: server.url, output: server.output, stop, ...(await signIn(server, url)) }
  } catch (error) {
    await stop()
    throw error
  }
}

function listenOn(port: number): string[] {
  return ['--host', '127.0.0.1', '--port', String(port)]
}

function settings(home: string): Record<string, string> {
  return {
    ...{ HOME: home, DATA_DIR: home, STATIC_DIR: path.join(home, 'static') },
    // One person, who is signed in without a password.
    ...{ WEBUI_AUTH: 'False', WEBUI_SECRET_KEY: 'only-for-this-suite' },
    ...{ OFFLINE_MODE: 'True', HF_HUB_OFFLINE: '1', ENABLE_VERSION_UPDATE_CHECK: 'False' },
    ...{ ANONYMIZED_TELEMETRY: 'False', DO_NOT_TRACK: 'True', SCARF_NO_ANALYTICS: 'True' },
    // Its own embedding would run in its process.
    ...{ RAG_EMBEDDING_ENGINE: 'ollama', RAG_EMBEDDING_MODEL: 'unset' },
    // Titles, tags and follow-up questions are further requests, which tests cannot wait for.
    ...{ ENABLE_TITLE_GENERATION: 'False', ENABLE_TAGS_GENERATION: 'False' },
    ...{ ENABLE_FOLLOW_UP_GENERATION: 'False', ENABLE_AUTOCOMPLETE_GENERATION: 'False' },
  }
}

async function signIn(server: Running, gateUrl: string) {
  const ask = async (path: string, init: RequestInit): Promise<WebuiAnswer> => {
    const signal = AbortSignal.timeout(180_000)
    const answer = await fetch(server.url + path, { ...init, signal })
    return { status: answer.status, text: await answer.text(), at: Date.now() }
  }
  const json = (body: object, headers: Record<string, string> = {}): RequestInit => ({
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  })
  const signedIn = await ask('/api/v1/auths/signin', json({ email: '', password: '' }))
  const { token } = succeed(signedIn) as { token: string }
  const bearer = { authorization: `Bearer ${token}` }
  const post = (path: string, body: object) => ask(path, json(body, bearer))
  return {
    post,
    get: (path: string) => ask(path, { headers: bearer }),
    connect: async (key: string) => {
      succeed(await post('/ollama/config/update', ollamaConnection(gateUrl, key)))
      succeed(await post('/openai/config/update', openaiConnection(gateUrl, key)))
    },
    connectDocuments: (key: string, model: string) =>
      post('/api/v1/retrieval/embedding/update', documents(gateUrl, key, model)),
    upload: (name: string, text: string) => {
      const form = new FormData()
      form.set('file', new Blob([text], { type: 'text/plain' }), name)
      const path = '/api/v1/files/?process=true&process_in_background=false'
      return ask(path, { method: 'POST', headers: bearer, body: form })
    },
  }
}

function succeed({ status, text }: WebuiAnswer): unknown {
  if (status !== 200) throw new Error(`Open WebUI answered ${status}: ${text.slice(0, 500)}`)
  return JSON.parse(text)
}

function ollamaConnection(url: string, key: string): object {
  return {
    ENABLE_OLLAMA_API: true,
    OLLAMA_BASE_URLS: [url],
    OLLAMA_API_CONFIGS: { '0': { enable: true, key } },
  }
}

function openaiConnection(url: string, key: string): object {
  return {
    ENABLE_OPENAI_API: true,
    OPENAI_API_BASE_URLS: [`${url}/v1`],
    OPENAI_API_KEYS: [key],
    // The same models are listed twice, so these get another name.
    OPENAI_API_CONFIGS: { '0': { enable: true, prefix_id: 'openai' } },
  }
}

function documents(url: string, key: string, model: string): object {
  return {
    ...{ RAG_EMBEDDING_ENGINE: 'ollama', RAG_EMBEDDING_MODEL: model },
    ...{ RAG_EMBEDDING_BATCH_SIZE: 1, ENABLE_ASYNC_EMBEDDING: true },
    ollama_config: { url, key },
  }
}
