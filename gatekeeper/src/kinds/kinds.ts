/** The one list of kinds. A new kind is a folder here, and a line in this list. */
import type { RequestFacts } from '../model/facts.ts'
import type { Kind } from '../model/kind.ts'
import { http } from './http/http.ts'
import { llamacpp } from './llamacpp/llamacpp.ts'
import { ollama } from './ollama/ollama.ts'
import { openai } from './openai/openai.ts'
import { tts } from './tts/tts.ts'
import { vllm } from './vllm/vllm.ts'

/** Kinds that `gatekeeper.yaml` may name. */
export const kinds: readonly Kind[] = [ollama, openai, llamacpp, vllm, tts, http]

/** Returns the kind of a request's service, or the opaque one if it has no service. */
export const kindOf = ({ service }: Pick<RequestFacts, 'service'>): Kind => service?.kind ?? http
