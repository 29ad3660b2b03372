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
  custom_llm_provider organization proxy_server_request`.split(/\s+/),
)
const refusedPrefixes = ['aws_', 'langfuse_', 'langsmith_', 'mock_', 'azure_', 'watsonx_', 'oci_']

/** Whether callers may not set this top-level member of a body. `folded` is its case-folded name. */
export function isRefusedMember(kind: ServiceKind, folded: string): boolean {
  if (kind !== 'openai') return false
  return litellmMembers.has(folded) || refusedPrefixes.some((prefix) => folded.startsWith(prefix))
}

/** Query fields that name a model: they would win over the body or form that was checked. */
const modelQueryFields = new Set(['model', 'target_model_names'])

/** Whether callers may not set this query field on a service that has endpoint rows. */
export function isRefusedQueryField(kind: ServiceKind, name: string): boolean {
  return kind !== 'http' && modelQueryFields.has(name.toLowerCase())
}
