import { describe, expect, test } from 'vitest'
import { kindsByName } from '../../test/support/questions.ts'
import { foldName } from '../lib/json/json-names.ts'
import { isRefusedMember, isRefusedQueryField } from './refused-members.ts'

const { http, ollama, openai } = kindsByName

/** Written by hand from reference/endpoints.md §1c. */
const documented = [
  ...['api_base', 'base_url', 'api_key', 'api_version', 'user_config', 'model_list', 'fallbacks'],
  ...['context_window_fallback_dict', 'mock_response', 'mock_testing_fallbacks', 'num_retries'],
  ...['guardrails', 'tags', 'priority', 'caching', 'vertex_credentials', 'aws_access_key_id'],
  ...[
    'aws_secret_access_key',
    'aws_session_token',
    'aws_region_name',
    'aws_bedrock_runtime_endpoint',
  ],
  ...['s3_endpoint_url', 'sagemaker_base_url', 'deployment_url', 'langfuse_public_key'],
  ...['langfuse_host', 'langsmith_api_key', 'langsmith_base_url', 'litellm_metadata'],
  ...['litellm_embedding_config', 'target_model_names'],
]

describe('members that would change the upstream of LiteLLM', () => {
  test.each(documented)('%s is refused in every letter case', (name) => {
    for (const variant of [name, name.toUpperCase(), name.replace(/^./, (c) => c.toUpperCase())]) {
      expect([variant, isRefusedMember(openai, foldName(variant))]).toEqual([variant, true])
    }
  })

  test('names that fold to a refused one are refused', () => {
    // ſ (U+017F) folds to s, the Kelvin sign (U+212A) to k.
    expect(isRefusedMember(openai, foldName('ba\u017fe_url'))).toBe(true)
    expect(isRefusedMember(openai, foldName('api_\u212aey'))).toBe(true)
  })
})

test.each([
  ...['model', 'messages', 'input', 'stream', 'stream_options', 'temperature', 'max_tokens', 'n'],
  ...[
    'tools',
    'tool_choice',
    'response_format',
    'user',
    'seed',
    'stop',
    'top_p',
    'prompt',
    'system',
  ],
  ...['logprobs', 'store', 'reasoning_effort', 'thinking', 'instructions', 'previous_response_id'],
  ...['voice', 'speed', 'size', 'quality', 'documents', 'query', 'top_n', 'encoding_format'],
  ...['parallel_tool_calls', 'service_tier', 'metadata', 'stop_sequences', 'modalities', 'audio'],
])('%s, which clients send, passes', (name) => {
  expect(isRefusedMember(openai, name)).toBe(false)
})

test('Ollama has none of them', () => {
  for (const name of documented) expect(isRefusedMember(ollama, name)).toBe(false)
})

test.each(['model', 'Model', 'MODEL', 'target_model_names', 'Target_Model_Names'])(
  'the query field %s would override the body, and is refused for a kind with a table',
  (name) => {
    expect(isRefusedQueryField(ollama, name)).toBe(true)
    expect(isRefusedQueryField(openai, name)).toBe(true)
    expect(isRefusedQueryField(http, name)).toBe(false)
  },
)

test.each(['beta', 'stream', 'models', 'modelx', ''])('the query field %j passes', (name) => {
  expect(isRefusedQueryField(openai, name)).toBe(false)
})
