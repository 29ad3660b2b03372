import type { RefusedMembers } from '../../model/kind.ts'

/**
 * Members of a body by which a caller could turn LiteLLM into another client: another address,
 * another credential, other models than the one that was checked. Names are compared case-folded.
 */
const names = new Set(
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

function isRefused(folded: string): boolean {
  return names.has(folded) || refusedPrefixes.some((prefix) => folded.startsWith(prefix))
}

/** What LiteLLM's callers may not set. */
export const refusedMembers: RefusedMembers = {
  isRefused,
  nestedIn: ['metadata'],
  isRefusedNested: (folded) =>
    metadataOnly.has(folded) ||
    folded.startsWith('user_api_key') ||
    (isRefused(folded) && !topOnly.has(folded)),
  why: 'it could change where the request goes, with which credential, or which rules apply to it',
}
