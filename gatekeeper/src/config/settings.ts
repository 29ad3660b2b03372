/**
 * Every setting that comes by environment variable: the one place for names, defaults and help.
 * The table in `docs/configuration.md` and `.env.example` are made from this list, and a test compares them.
 */

/**
 * How a value is read and checked; `secret` may also come as `NAME_FILE`. `compose` is read by
 * docker-compose.yml, not here.
 */
export type SettingKind =
  | 'sites'
  | 'address'
  | 'port'
  | 'listen'
  | 'path'
  | 'url'
  | 'secret'
  | 'flag'
  | 'text'
  | 'compose'

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
    fallback: 'localhost,127.0.0.1',
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
    help: 'Port for plain HTTP; it only redirects to HTTPS, and refuses requests with a credential',
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
    name: 'TTS_URL',
    kind: 'url',
    fallback: null,
    help: 'Where the service tts is; unset: as in gatekeeper.yaml',
  },
  {
    name: 'WHISPER_URL',
    kind: 'url',
    fallback: null,
    help: 'Where the service whisper is; unset: as in gatekeeper.yaml',
  },
  {
    name: 'IMAGE_URL',
    kind: 'url',
    fallback: null,
    help: 'Where the service image is; unset: as in gatekeeper.yaml',
  },
  {
    name: 'API_KEYS_FILE',
    kind: 'path',
    fallback: null,
    help: 'One more key file, in the plain form of older set-ups; with Docker a path on the host',
  },
  {
    name: 'GATEKEEPER_KEYS_DIR',
    kind: 'path',
    fallback: 'keys',
    help: 'Folder with keys.json; with Docker a path on the host',
  },
  {
    name: 'GATEKEEPER_CONFIG',
    kind: 'path',
    fallback: 'gatekeeper.yaml',
    help: 'Services and their routes',
  },
  {
    name: 'GATEKEEPER_PROMPTS_DIR',
    kind: 'path',
    fallback: 'prompts',
    help: 'Folder with the prompts of the domain chat',
  },
  {
    name: 'GATEKEEPER_STATE_DIR',
    kind: 'path',
    fallback: '.gatekeeper',
    help: 'Folder for what is made at run time: sockets, secrets, certificates',
  },
  {
    name: 'GATEKEEPER_SHARED_DIR',
    kind: 'path',
    fallback: null,
    help: 'Folder for signing keys and revocations, where gatekeepers share them; else the state folder',
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
    help: 'Where /livez, /readyz and /metrics answer; never published',
  },
  {
    name: 'GATEKEEPER_METRICS_TOKEN',
    kind: 'secret',
    fallback: null,
    help: 'What a scraper shows as Bearer to read /metrics; with it the listener may be beyond loopback',
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
  // Read by docker-compose.yml alone; here so that a `.env` for both is no mistake.
  {
    name: 'GATEKEEPER_UID',
    kind: 'compose',
    fallback: '1000',
    help: 'In containers: who the processes are; the owner of the clone',
  },
  {
    name: 'GATEKEEPER_GID',
    kind: 'compose',
    fallback: '1000',
    help: 'In containers: their group',
  },
  {
    name: 'GATEKEEPER_MEMORY',
    kind: 'compose',
    fallback: '512m',
    help: 'In containers: how much memory the gatekeeper may have',
  },
  {
    name: 'OAUTH_ISSUER',
    kind: 'url',
    fallback: null,
    help: 'Our name in the tokens that we issue; unset: the address of the first site',
  },
  {
    name: 'OAUTH_TOKEN_EXPIRES_IN',
    kind: 'text',
    fallback: '3600',
    help: 'Seconds that an access token lasts, 30 to 86400',
  },
  {
    name: 'OAUTH_SIGNING_ALGORITHM',
    kind: 'text',
    fallback: 'RS256',
    help: 'What tokens are signed with: RS256, ES256 or EdDSA',
  },
  {
    name: 'OAUTH_CLIENT_ID_READONLY',
    kind: 'text',
    fallback: null,
    help: 'An OAuth client of role readonly, beside those of keys/clients.json',
  },
  {
    name: 'OAUTH_CLIENT_SECRET_READONLY',
    kind: 'secret',
    fallback: null,
    help: 'Its secret, 32 characters or more',
  },
  {
    name: 'OAUTH_CLIENT_ID_READWRITE',
    kind: 'text',
    fallback: null,
    help: 'An OAuth client of role readwrite, beside those of keys/clients.json',
  },
  {
    name: 'OAUTH_CLIENT_SECRET_READWRITE',
    kind: 'secret',
    fallback: null,
    help: 'Its secret, 32 characters or more',
  },
  {
    name: 'OAUTH_CLIENT_ID_ADMIN',
    kind: 'text',
    fallback: null,
    help: 'An OAuth client of role admin, beside those of keys/clients.json',
  },
  {
    name: 'OAUTH_CLIENT_SECRET_ADMIN',
    kind: 'secret',
    fallback: null,
    help: 'Its secret, 32 characters or more',
  },
] as const satisfies readonly SettingRow[]

export type SettingName = (typeof settingRows)[number]['name']
