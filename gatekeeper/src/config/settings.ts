/**
 * Every setting that an environment variable can have: its name, default and help text.
 * `npm run docs` generates the table in `docs/configuration.md` and `.env.example` from this list.
 */

/**
 * How a value is read and checked; `secret`, and `prose` of several lines, may also come as
 * `NAME_FILE`. `compose` is read by docker-compose.yml, not here.
 */
export type SettingKind =
  | 'sites'
  | 'address'
  | 'port'
  | 'listen'
  | 'path'
  | 'url'
  | 'secret'
  | 'prose'
  | 'flag'
  | 'text'
  | 'compose'

export type SettingRow = {
  readonly name: string
  readonly kind: SettingKind
  /** As a person reads it; if it is null the setting is unset by default. */
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
    name: 'GATEKEEPER_TLS',
    kind: 'text',
    fallback: null,
    help: '`platform` where a hosting platform ends TLS in front of Caddy, which then listens for plain HTTP on 0.0.0.0 (docs/guides/widget.md); the console is off there unless GATEKEEPER_CONSOLE=on',
  },
  {
    name: 'PORT',
    kind: 'port',
    fallback: null,
    help: 'Port for plain HTTP with GATEKEEPER_TLS=platform; not read otherwise',
  },
  {
    name: 'GATEKEEPER_TRUSTED_PROXIES',
    kind: 'text',
    fallback: null,
    help: 'Address ranges of the platform’s proxies, comma-separated; needed with GATEKEEPER_TLS=platform',
  },
  {
    name: 'GATEKEEPER_CLIENT_ADDRESS_FIELD',
    kind: 'text',
    fallback: 'X-Forwarded-For',
    help: 'Field in which these proxies state the client’s address',
  },
  {
    name: 'ADMIN_API_KEY',
    kind: 'secret',
    fallback: null,
    help: 'Credential for administration at /admin, in X-Admin-Key alone; 32 characters or more',
  },
  {
    name: 'OLLAMA_URL',
    kind: 'url',
    fallback: null,
    help: 'Address of Ollama; unset: 127.0.0.1:11434',
  },
  {
    name: 'LITELLM_URL',
    aliases: ['LITELLM_SERVER_URL'],
    kind: 'url',
    fallback: null,
    help: 'Address of LiteLLM; unset: 127.0.0.1:4000 if it answers and the master key is set',
  },
  {
    name: 'LITELLM_MASTER_KEY',
    kind: 'secret',
    fallback: null,
    help: 'Key that the gatekeeper sends to LiteLLM',
  },
  {
    name: 'TTS_URL',
    kind: 'url',
    fallback: null,
    help: 'Address of the service tts; unset: as in gatekeeper.yaml',
  },
  {
    name: 'WHISPER_URL',
    kind: 'url',
    fallback: null,
    help: 'Address of the service whisper; unset: as in gatekeeper.yaml',
  },
  {
    name: 'IMAGE_URL',
    kind: 'url',
    fallback: null,
    help: 'Address of the service image; unset: as in gatekeeper.yaml',
  },
  {
    name: 'API_KEYS_FILE',
    kind: 'path',
    fallback: null,
    help: 'A second key file, a plain map of an older set-up; with Docker a path on the host',
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
    help: 'File with the services and their routes',
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
    help: 'Folder for files that are made at run time: sockets, secrets, certificates, usage, audit',
  },
  {
    name: 'GATEKEEPER_SHARED_DIR',
    kind: 'path',
    fallback: null,
    help: 'Folder for signing keys and revocations that several gatekeepers share; unset: the state folder',
  },
  {
    name: 'GATEKEEPER_VAULT_DIR',
    kind: 'path',
    fallback: 'secrets/vault',
    help: 'Folder with the private keys of the vault, which the gatekeeper makes; back it up',
  },
  {
    name: 'GATEKEEPER_VAULT_KEY',
    kind: 'secret',
    fallback: null,
    help: 'Private keys of the vault instead of that folder: 32 bytes in base64, newest first, comma-separated',
  },
  {
    name: 'GATEKEEPER_RELAY_LISTEN',
    kind: 'listen',
    fallback: 'unix:STATE/run/relay.sock',
    help: 'Listener for relayed requests from Caddy: unix:PATH or HOST:PORT',
  },
  {
    name: 'GATEKEEPER_CHECK_LISTEN',
    kind: 'listen',
    fallback: 'unix:STATE/run/check.sock',
    help: 'Listener for checks from Caddy: unix:PATH or HOST:PORT',
  },
  {
    name: 'GATEKEEPER_OPS_LISTEN',
    kind: 'listen',
    fallback: 'unix:STATE/run/ops.sock',
    help: 'Listener for /livez, /readyz and /metrics; Caddy never publishes it',
  },
  {
    name: 'GATEKEEPER_CONSOLE',
    kind: 'text',
    fallback: 'on',
    help: 'off: no admin process and no console; endpoints that only it answers are refused with 503',
  },
  {
    name: 'GATEKEEPER_CONSOLE_SITE',
    kind: 'text',
    fallback: 'console.localhost',
    help: 'Name of the console, which no service has; an address is possible, but without passkeys',
  },
  {
    name: 'GATEKEEPER_CONSOLE_PORT',
    kind: 'port',
    fallback: '8444',
    help: 'Port of the console, for HTTPS',
  },
  {
    name: 'GATEKEEPER_CONSOLE_BIND',
    kind: 'address',
    fallback: '127.0.0.1',
    help: 'Address on which Caddy listens for the console, whatever services have',
  },
  {
    name: 'PASSKEY_RP_ID',
    kind: 'text',
    fallback: null,
    help: 'Domain for which passkeys are made; unset: the name of the console. A change ends all passkeys',
  },
  {
    name: 'PASSKEY_RP_NAME',
    kind: 'text',
    fallback: 'Gatekeeper',
    help: 'Name that people see when they use a passkey',
  },
  {
    name: 'GITHUB_CLIENT_ID',
    kind: 'text',
    fallback: null,
    help: 'Id of the OAuth app at GitHub with which people sign in to the console',
  },
  {
    name: 'GITHUB_CLIENT_SECRET',
    kind: 'secret',
    fallback: null,
    help: 'Its secret',
  },
  {
    name: 'GITHUB_URL',
    kind: 'url',
    fallback: 'https://github.com',
    help: 'Address of GitHub, for an Enterprise Server',
  },
  {
    name: 'GITHUB_ORGANIZATION',
    kind: 'text',
    fallback: null,
    help: 'Organization at GitHub whose members alone may claim an invitation',
  },
  {
    name: 'GOOGLE_CLIENT_ID',
    kind: 'text',
    fallback: null,
    help: 'Id of the OAuth client at Google with which people sign in to the console',
  },
  {
    name: 'GOOGLE_CLIENT_SECRET',
    kind: 'secret',
    fallback: null,
    help: 'Its secret',
  },
  {
    name: 'GOOGLE_HOSTED_DOMAIN',
    kind: 'text',
    fallback: null,
    help: 'Domain of the Google Workspace whose accounts alone may claim an invitation',
  },
  {
    name: 'GATEKEEPER_METRICS_TOKEN',
    kind: 'secret',
    fallback: null,
    help: 'Bearer token for /metrics; with it GATEKEEPER_OPS_LISTEN may be an address beyond loopback',
  },
  {
    name: 'GATEKEEPER_LOG_LEVEL',
    kind: 'text',
    fallback: 'info',
    help: 'Lines of the log from this level on: error, warn, info or debug',
  },
  {
    name: 'GATEKEEPER_LOG_DIR',
    kind: 'path',
    fallback: null,
    help: 'Folder for the log as files of a day each, kept 30 days and up to 1 GiB; unset: the log goes to stdout',
  },
  {
    name: 'GATEKEEPER_CADDY',
    kind: 'path',
    fallback: null,
    help: 'Path of Caddy; unset: caddy on PATH if it is new enough, else the pinned one from PyPI',
  },
  {
    name: 'GATEKEEPER_DEMO',
    kind: 'flag',
    fallback: null,
    help: '1: start a demonstration model server if no other is configured',
  },
  {
    name: 'ALLOWED_ORIGINS',
    aliases: ['ORIGIN_URLS'],
    kind: 'text',
    fallback: null,
    help: 'Web origins whose pages may call services without origins of their own, comma-separated; none: nobody. Comes before origins of gatekeeper.yaml',
  },
  {
    name: 'ALLOW_MOBILE_NO_ORIGIN',
    kind: 'text',
    fallback: null,
    help: 'true or false: whether providers and the routes of apps answer requests without an Origin field, which phones and servers send; unset: as in gatekeeper.yaml',
  },
  {
    name: 'GATEKEEPER_WIDGET',
    kind: 'text',
    fallback: null,
    help: 'on or off: the chat widget; unset: on if gatekeeper.yaml has widget or ALLOWED_ORIGIN is set',
  },
  {
    name: 'ALLOWED_ORIGIN',
    kind: 'text',
    fallback: null,
    help: 'Web origins of the pages with the chat widget, comma-separated; comes before widget.origins of gatekeeper.yaml',
  },
  {
    name: 'WIDGET_MODEL',
    kind: 'text',
    fallback: null,
    help: 'Model of the chat widget; unset: as in gatekeeper.yaml, else the usual one of the provider',
  },
  {
    name: 'SYSTEM_PROMPT',
    kind: 'prose',
    fallback: null,
    help: 'What the model of the chat widget is told first; comes before widget.prompt of gatekeeper.yaml',
  },
  {
    name: 'WIDGET_MONTHLY_CAP_USD',
    kind: 'text',
    fallback: null,
    help: 'What the chat widget may cost in a month, or off; unset: as in gatekeeper.yaml, else 20',
  },
  {
    name: 'RATE_LIMIT_MAX',
    kind: 'text',
    fallback: null,
    help: 'Requests of one client address to the chat widget in a window, or off; unset: as in gatekeeper.yaml, else 60',
  },
  {
    name: 'RATE_LIMIT_WINDOW',
    kind: 'text',
    fallback: null,
    help: 'The length of that window, such as 1 minute, or milliseconds; unset: as in gatekeeper.yaml, else 1 minute',
  },
  {
    name: 'JWT_SECRET',
    kind: 'secret',
    fallback: null,
    help: 'Signs the tokens of the chat widget, and those of other programs for it; 32 characters or more. Unset: our own keys sign',
  },
  {
    name: 'JWT_SECRET_PREVIOUS',
    kind: 'secret',
    fallback: null,
    help: 'The secret before that, which still verifies tokens and signs none',
  },
  // Only docker-compose.yml reads these; they are here so that one `.env` works for both.
  {
    name: 'GATEKEEPER_UID',
    kind: 'compose',
    fallback: '1000',
    help: 'In containers: user of the processes; must be the owner of the clone',
  },
  {
    name: 'GATEKEEPER_GID',
    kind: 'compose',
    fallback: '1000',
    help: 'In containers: group of the processes',
  },
  {
    name: 'GATEKEEPER_MEMORY',
    kind: 'compose',
    fallback: '512m',
    help: 'In containers: memory limit of the gatekeeper',
  },
  {
    name: 'OAUTH_ISSUER',
    kind: 'url',
    fallback: null,
    help: 'Issuer (iss) of the tokens that we issue; unset: the address of the first site',
  },
  {
    name: 'OAUTH_TOKEN_EXPIRES_IN',
    kind: 'text',
    fallback: '3600',
    help: 'Lifetime of an access token in seconds, 30 to 86400',
  },
  {
    name: 'OAUTH_SIGNING_ALGORITHM',
    kind: 'text',
    fallback: 'RS256',
    help: 'Signature algorithm of tokens: RS256, ES256 or EdDSA',
  },
  {
    name: 'OAUTH_CLIENT_ID_READONLY',
    kind: 'text',
    fallback: null,
    help: 'Id of an OAuth client of role readonly, in addition to those of keys/clients.json',
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
    help: 'Id of an OAuth client of role readwrite, in addition to those of keys/clients.json',
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
    help: 'Id of an OAuth client of role admin, in addition to those of keys/clients.json',
  },
  {
    name: 'OAUTH_CLIENT_SECRET_ADMIN',
    kind: 'secret',
    fallback: null,
    help: 'Its secret, 32 characters or more',
  },
] as const satisfies readonly SettingRow[]

export type SettingName = (typeof settingRows)[number]['name']
