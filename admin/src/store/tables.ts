/**
 * The tables of `admin.db`. Instants are epoch milliseconds; flags are 0 or 1; secrets are stored as
 * SHA-256 in hex; lists and objects are JSON.
 */
import type { Selectable } from 'kysely'

export type AdminTables = {
  readonly sessions: SessionRow
  readonly passkeys: PasskeyRow
  readonly challenges: ChallengeRow
  readonly invitations: InvitationRow
  readonly codes: CodeRow
  readonly step_ups: StepUpRow
  readonly login_states: LoginStateRow
  readonly kept: KeptRow
}

export type SessionRow = {
  /** Public: it is shown in lists and finds nothing. */
  id: string
  cookie_sha256: string
  /** Of the second half, which the page keeps. */
  half_sha256: string
  person: string
  created_at: number
  last_seen_at: number
  /** When the person last proved who they are. */
  authenticated_at: number
  /** How: `passkey`, `code`, or the name of a provider. */
  method: string
  address: string
  agent: string | null
}

export type PasskeyRow = {
  /** Ours, for addresses; not the credential's. */
  id: string
  /** Base64url, as the browser shows it. */
  credential_id: string
  person: string
  /** COSE, base64url. */
  public_key: string
  sign_count: number
  transports: string
  is_synced: number
  label: string
  created_at: number
  last_used_at: number | null
}

export type ChallengeRow = {
  id: string
  challenge: string
  /** `signin`, `register`, `passkey.add` or `step-up`. */
  purpose: string
  /** The session that asked, if there is one. */
  session: string | null
  person: string | null
  act: string | null
  target: string | null
  created_at: number
  expires_at: number
}

export type InvitationRow = {
  id: string
  kind: 'setup' | 'invite' | 'reset'
  code_sha256: string
  /** Set once the code was shown: what the page registers with. */
  ticket_sha256: string | null
  /** The person whom it is for, if there is one already. */
  person: string | null
  name: string
  title: string | null
  role: string
  team: string | null
  access: string | null
  /** Who invited: `person:ID`, or the command. */
  invited_by: string
  created_at: number
  expires_at: number
  used_at: number | null
}

export type CodeRow = {
  id: string
  code_sha256: string
  person: string
  /** Null signs in; otherwise good for this act alone. */
  act: string | null
  target: string | null
  failed_tries: number
  created_at: number
  expires_at: number
  used_at: number | null
}

export type StepUpRow = {
  id: string
  session: string
  act: string
  target: string | null
  created_at: number
  expires_at: number
}

export type LoginStateRow = {
  state_sha256: string
  provider: string
  /** What the sign-in has to remember, as JSON. */
  memory: string
  session: string | null
  act: string | null
  target: string | null
  created_at: number
  expires_at: number
}

/** What was written down at the first start, such as the id of passkeys. */
export type KeptRow = { name: string; value: string }

export type Session = Selectable<SessionRow>
