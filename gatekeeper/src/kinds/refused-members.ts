import type { ServiceKind } from '../model/service.ts'

/**
 * Members of a body by which a caller could turn LiteLLM into another client: another address,
 * another credential, other models than the one that was checked. Names are compared case-folded.
 */
const litellmMembers = new Set(
  `api_base base_url api_key api_version user_config model_list fallbacks target_model_names
  context_window_fallback_dict content_policy_fallbacks mock_response mock_tool_calls
  mock_testing_fallbacks mock_testing_context_fallbacks mock_testing_content_policy_fallbacks
  mock_testing_rate_limit_error mock_timeout num_retries guardrails tags priority caching
  vertex_credentials vertex_project vertex_location s3_endpoint_url sagemaker_base_url
  deployment_url litellm_metadata litellm_embedding_config extra_headers headers extra_body
  custom_llm_provider organization proxy_server_request completion`.split(/\s+/),
)
const refusedPrefixes = [
  ...['aws_', 'langfuse_', 'langsmith_', 'mock_', 'azure_', 'watsonx_', 'oci_', 'vertex_'],
  // Where LiteLLM sends what it records.
  ...['arize_', 'phoenix_', 'posthog_', 'wandb_', 'weave_', 'gcs_', 'humanloop_', 'braintrust_'],
]

/** What means something at the top of a body only; in `metadata` it is the caller's own word. */
const topOnly = new Set('tags priority caching num_retries organization completion'.split(' '))
/** What LiteLLM reads in `metadata`: which of its rules apply, and whose the request is. */
const metadataOnly = new Set(
  'disable_global_guardrails disable_global_guardrail opted_out_global_guardrails policies'.split(
    ' ',
  ),
)

/** What a caller could do to everybody else with: a slot of others, a template that never ends. */
const membersOfKind: Readonly<Partial<Record<ServiceKind, ReadonlySet<string>>>> = {
  openai: litellmMembers,
  llamacpp: new Set(['id_slot', 'slot_id', 'lora', 'chat_template']),
  vllm: new Set(['chat_template', 'kv_transfer_params', 'priority', 'request_id']),
}

/** Whether callers may not set this top-level member of a body. `folded` is its case-folded name. */
export function isRefusedMember(kind: ServiceKind, folded: string): boolean {
  if (membersOfKind[kind]?.has(folded) === true) return true
  return kind === 'openai' && refusedPrefixes.some((prefix) => folded.startsWith(prefix))
}

/** Members in which LiteLLM reads what it lets callers set a second time. */
export function nestedMembers(kind: ServiceKind): readonly string[] {
  return kind === 'openai' ? ['metadata'] : []
}

/** Whether callers may not set this member of one of those. */
export function isRefusedNested(kind: ServiceKind, folded: string): boolean {
  if (kind === 'openai' && (metadataOnly.has(folded) || folded.startsWith('user_api_key')))
    return true
  return isRefusedMember(kind, folded) && !topOnly.has(folded)
}

/** What the refusal of a member says; `path` is of names in their folded form. */
export function describeRefused(kind: ServiceKind, path: readonly string[], what = 'member') {
  // A name that only begins like a refused one is the client's text, and could be anything.
  const param = path.map((name) => (/^[a-z0-9_]{1,40}$/.test(name) ? name : '…')).join('.')
  return {
    text: `The ${what} "${param}" may not be set by callers here: ${whyRefused(kind)}.`,
    param,
  }
}

function whyRefused(kind: ServiceKind): string {
  return kind === 'openai'
    ? 'it could change where the request goes, with which credential, or which rules apply to it'
    : 'it could change the requests of other callers'
}

/** Query fields that name a model: they would win over the body or form that was checked. */
const modelQueryFields = new Set(['model', 'target_model_names'])

/** Whether callers may not set this query field on a service that has endpoint rows. */
export function isRefusedQueryField(kind: ServiceKind, name: string): boolean {
  // The chat takes its model from there, and sends no query on.
  return kind !== 'http' && kind !== 'chat' && modelQueryFields.has(name.toLowerCase())
}
