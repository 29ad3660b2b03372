import type { RefusedMembers } from '../../model/kind.ts'

/**
 * Members by which a caller could make LiteLLM call another address, with another credential, or
 * other models than the one that was checked. Names are compared case-folded.
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
  // Where LiteLLM sends its records.
  ...['arize_', 'phoenix_', 'posthog_', 'wandb_', 'weave_', 'gcs_', 'humanloop_', 'braintrust_'],
]

/** They have a meaning only at the top of a body; in `metadata` they are labels of the caller. */
const topOnly = new Set('tags priority caching num_retries organization completion'.split(' '))
/** LiteLLM reads them in `metadata`: which of its rules apply, and to whom the request belongs. */
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
