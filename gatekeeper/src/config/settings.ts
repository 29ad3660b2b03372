/**
 * Every setting that comes by environment variable: the one place for names, defaults and help.
 * The table in the README and `.env.example` are made from this list, and a test compares them.
 */

/** How a value is read and checked; `secret` may also come as `NAME_FILE`. */
export type SettingKind =
  | 'sites'
  | 'address'
  | 'port'
  | 'listen'
  | 'path'
  | 'url'
  | 'secret'
  | 'flag'

export type SettingRow = {
  readonly name: string
  readonly kind: SettingKind
  /** As a person reads it; where it is null the setting is unset by default. */
  readonly fallback: string | null
  readonly help: string
  /** Other names for the same setting. */
  readonly aliases?: readonly string[]
}

export const settingRows = [
  {
    name: 'GATEKEEPER_SITE',
    kind: 'sites',
    fallback: 'localhost',
    help: 'Names and addresses under which clients call, comma-separated',
  },
  {
    name: 'GATEKEEPER_BIND',
    kind: 'address',
    fallback: '127.0.0.1',
    help: 'Address that Caddy listens on; 0.0.0.0 lets other machines in',
  },
  {
    name: 'GATEKEEPER_HTTPS_PORT',
    kind: 'port',
    fallback: '8443',
    help: 'Port for HTTPS',
  },
  {
    name: 'GATEKEEPER_HTTP_PORT',
    kind: 'port',
    fallback: '8080',
    help: 'Port for plain HTTP; it only redirects to HTTPS',
  },
  {
    name: 'OLLAMA_URL',
    kind: 'url',
    fallback: null,
    help: 'Where Ollama is; unset: 127.0.0.1:11434',
  },
  {
    name: 'LITELLM_URL',
    aliases: ['LITELLM_SERVER_URL'],
    kind: 'url',
    fallback: null,
    help: 'Where LiteLLM is; unset: 127.0.0.1:4000, if it answers and the master key is set',
  },
  {
    name: 'LITELLM_MASTER_KEY',
    kind: 'secret',
    fallback: null,
    help: 'Key that the gatekeeper shows LiteLLM',
  },
  {
    name: 'API_KEYS_FILE',
    kind: 'path',
    fallback: null,
    help: 'One more key file, in the plain form of older set-ups',
  },
  {
    name: 'GATEKEEPER_KEYS_DIR',
    kind: 'path',
    fallback: 'keys',
    help: 'Folder with keys.json',
  },
  {
    name: 'GATEKEEPER_CONFIG',
    kind: 'path',
    fallback: 'gatekeeper.yaml',
    help: 'Services and their routes',
  },
  {
    name: 'GATEKEEPER_STATE_DIR',
    kind: 'path',
    fallback: '.gatekeeper',
    help: 'Folder for what is made at run time: sockets, secrets, certificates',
  },
  {
    name: 'GATEKEEPER_RELAY_LISTEN',
    kind: 'listen',
    fallback: 'unix:STATE/run/relay.sock',
    help: 'Where Caddy sends relayed requests: unix:PATH or HOST:PORT',
  },
  {
    name: 'GATEKEEPER_CHECK_LISTEN',
    kind: 'listen',
    fallback: 'unix:STATE/run/check.sock',
    help: 'Where Caddy asks for checks',
  },
  {
    name: 'GATEKEEPER_OPS_LISTEN',
    kind: 'listen',
    fallback: 'unix:STATE/run/ops.sock',
    help: 'Where /livez and /readyz answer; never published',
  },
  {
    name: 'GATEKEEPER_CADDY',
    kind: 'path',
    fallback: null,
    help: 'The Caddy to run; unset: caddy on PATH if it is new enough, else the pinned one from PyPI',
  },
  {
    name: 'GATEKEEPER_DEMO',
    kind: 'flag',
    fallback: null,
    help: '1: put a demonstration model server behind the gate where no other is configured',
  },
] as const satisfies readonly SettingRow[]

export type SettingName = (typeof settingRows)[number]['name']
