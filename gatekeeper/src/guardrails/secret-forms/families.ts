import type { SecretType } from '../finding.ts'

/**
 * Forms of secrets that their issuers fixed. `hint` is a text that every match has, so that a text
 * without it costs one search. Repetitions are bounded, or end at a character that they exclude.
 */
export type SecretForm = {
  readonly type: SecretType
  readonly hint: string
  readonly form: RegExp
}

const row = (type: SecretType, hint: string, form: RegExp): SecretForm => ({ type, hint, form })

export const secretForms: readonly SecretForm[] = [
  row('anthropic', 'sk-ant-', /sk-ant-[\w-]{6,256}/g),
  row('openai', 'sk-', /sk-(?:proj|svcacct|admin|None|service)-[\w-]{20,256}/g),
  row('openai', 'sk-', /sk-[A-Za-z0-9]{32,128}/g),
  row('google', 'AIza', /AIza[\w-]{35}/g),
  row('google', 'GOCSPX-', /GOCSPX-[\w-]{28}/g),
  row('google', 'ya29.', /ya29\.[\w-]{20,512}/g),
  row('aws', 'A', /(?:A3T[A-Z0-9]|AKIA|ASIA|ABIA|ACCA|AGPA|AIDA|AROA|ANPA)[A-Z0-9]{16}/g),
  row('github', 'gh', /gh[pousr]_[A-Za-z0-9]{30,255}/g),
  row('github', 'github_pat_', /github_pat_\w{22,255}/g),
  row('slack', 'xox', /xox[abeoprs](?:\.xox[bp])?-[\w-]{10,256}/g),
  row('slack', 'xapp-', /xapp-\d-[\w-]{10,256}/g),
  row(
    'slack',
    'hooks.slack.com',
    /hooks\.slack\.com\/(?:services|workflows|triggers)\/[\w/]{20,128}/g,
  ),
  row('stripe', '_', /[rs]k_(?:live|test|prod)_[A-Za-z0-9]{10,256}/g),
  row('stripe', 'whsec_', /whsec_[A-Za-z0-9+/=]{20,128}/g),
  row('jwt', 'eyJ', /(?<![\w-])eyJ[\w-]{8,4096}\.eyJ[\w-]{4,8192}\.[\w-]{0,2048}/g),
  row(
    'database_url',
    '://',
    /(?:postgres(?:ql)?|mysql|mariadb|mongodb(?:\+srv)?|rediss?|amqps?|mssql|sqlserver|clickhouse|cockroachdb|oracle|couchdb|cassandra|neo4j(?:\+s)?|bolt|nats|ldaps?|ftps?|sftp|smtps?)(?:\+\w{1,20})?:\/\/[^\s:@/'"`<>]{0,128}:[^\s@'"`<>]{1,256}@[^\s'"`<>]{1,256}/gi,
  ),
  row('generic', 'gk_', /gk_[0-9a-z]{10}_[0-9A-Za-z]{20,64}/g),
  row('generic', 'glpat-', /glpat-[\w-]{20,64}/g),
  row('generic', 'hf_', /hf_[A-Za-z0-9]{30,64}/g),
  row('generic', 'gsk_', /gsk_[A-Za-z0-9]{40,64}/g),
  row('generic', 'xai-', /xai-[A-Za-z0-9]{40,128}/g),
  row('generic', 'pplx-', /pplx-[A-Za-z0-9]{40,64}/g),
  row('generic', 'r8_', /r8_[A-Za-z0-9]{30,64}/g),
  row('generic', 'npm_', /npm_[A-Za-z0-9]{30,64}/g),
  row('generic', 'pypi-', /pypi-AgE[\w-]{50,256}/g),
  row('generic', 'SG.', /SG\.[\w-]{16,32}\.[\w-]{32,64}/g),
  row('generic', 'hvs.', /hvs\.[\w-]{24,256}/g),
  row('generic', '_v1_', /do[opr]_v1_[0-9a-f]{64}/g),
  row('generic', 'dckr_', /dckr_(?:pat|oat)_[\w-]{20,64}/g),
  row('generic', 'shp', /shp(?:at|ca|pa|ss)_[0-9a-f]{32}/g),
  row('generic', 'sq0', /sq0(?:atp|csp|idp)-[\w-]{22,64}/g),
  row('generic', 'lin_api_', /lin_api_[A-Za-z0-9]{32,64}/g),
  row('generic', 'ntn_', /ntn_[A-Za-z0-9]{40,64}/g),
  row('generic', 'figd_', /figd_[\w-]{30,64}/g),
  row('generic', 'dapi', /dapi[0-9a-f]{32}/g),
  row('generic', 'NRAK-', /NRAK-[A-Z0-9]{27}/g),
  row('generic', 'AC', /AC[0-9a-f]{32}/g),
  row('generic', 'SK', /SK[0-9a-f]{32}/g),
  row('generic', 'key-', /key-[0-9a-f]{32}/g),
  row('generic', 'AccountKey=', /AccountKey=[A-Za-z0-9+/]{60,100}={0,2}/g),
  row('generic', 'SharedAccessKey=', /SharedAccessKey=[A-Za-z0-9+/]{40,60}={0,2}/g),
  row('generic', ':', /\d{8,10}:A[\w-]{34}/g),
  row('generic', 'discord', /discord(?:app)?\.com\/api\/webhooks\/\d{17,20}\/[\w-]{60,72}/g),
  row('generic', '.', /[MNO][A-Za-z\d_-]{23,27}\.[\w-]{6}\.[\w-]{27,40}/g),
  row('generic', 'AGE-SECRET-KEY-', /AGE-SECRET-KEY-1[0-9A-Z]{58}/g),
  row('generic', 'ATATT', /ATATT3[\w-]{60,256}=?[0-9A-F]{0,8}/g),
  row('generic', 'PMAK-', /PMAK-[0-9a-f]{24}-[0-9a-f]{34}/g),
  row('generic', 'EAA', /EAA[A-Z]{1,2}[A-Za-z0-9]{60,256}/g),
  row('generic', 'tskey-', /tskey-(?:api|auth|client|scim|webhook)-[\w-]{20,64}/g),
  row('generic', 'sntrys_', /sntrys_[A-Za-z0-9+/=_-]{40,256}/g),
  row('generic', 'glc_', /glc_[A-Za-z0-9+/=]{32,256}/g),
  row('generic', 'glsa_', /glsa_[A-Za-z0-9]{32}_[0-9a-f]{8}/g),
]
