import type { ServiceKind } from '../policy/service.ts'

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
const refusedPrefixes = ['aws_', 'langfuse_', 'langsmith_', 'mock_', 'azure_', 'watsonx_', 'oci_']

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
  return isRefusedMember(kind, folded)
}

/** Query fields that name a model: they would win over the body or form that was checked. */
const modelQueryFields = new Set(['model', 'target_model_names'])

/** Whether callers may not set this query field on a service that has endpoint rows. */
export function isRefusedQueryField(kind: ServiceKind, name: string): boolean {
  // The chat takes its model from there, and sends no query on.
  return kind !== 'http' && kind !== 'chat' && modelQueryFields.has(name.toLowerCase())
}
