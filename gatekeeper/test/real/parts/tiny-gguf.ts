/**
 * Writes the smallest model that llama.cpp and Ollama load: llama's architecture, two layers,
 * random weights, a vocabulary of bytes, letters and common words. The same bytes on every run. It
 * speaks nonsense and rarely stops by itself, but over real HTTP, with real chunks and real counts.
 * Layout: GGUF version 3, little-endian.
 */
import { f32, padded, text, u32, u64 } from './gguf-values.ts'

const width = 64
const hidden = 128
const layers = 2

const words = (
  'the of and a to in is you that it he was for on are as with his they at be this have from or one ' +
  'had by word but not what all were we when your can said there use an each which she do how their ' +
  'if will up other about out many then them these so some her would make like him into time has look'
).split(' ')
const letters = [...'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.,!?:;\'"-<>|_/']

type Token = { text: string; type: number; score: number }
const normal = 1
const unknown = 2
const control = 3
const byte = 6

const special: Token[] = [
  { text: '<unk>', type: unknown, score: 0 },
  { text: '<s>', type: control, score: 0 },
  { text: '</s>', type: control, score: 0 },
]
const bytes: Token[] = Array.from({ length: 256 }, (_, value) => ({
  text: `<0x${value.toString(16).toUpperCase().padStart(2, '0')}>`,
  type: byte,
  score: 0,
}))
// U+2581 stands for the space before a word.
const texts = [...words.map((word) => `\u2581${word}`), '\u2581', ...letters]
const spoken: Token[] = texts.map((text, rank) => ({ text, type: normal, score: -rank - 1 }))
const vocabulary: readonly Token[] = [...special, ...bytes, ...spoken]

/** The number of the token that is this text. */
export function tokenOf(text: string): number {
  const id = vocabulary.findIndex((token) => token.text === text)
  if (id < 0) throw new Error(`the vocabulary has no ${text}`)
  return id
}

/** The model file, about 600 kB. */
export function tinyGguf(): Buffer {
  const tensors = tensorList()
  const keys = metadata()
  const head = Buffer.concat([
    Buffer.from('GGUF'),
    u32(3),
    u64(tensors.length),
    u64(keys.length),
    ...keys,
    ...tensorHeads(tensors),
  ])
  return Buffer.concat([padded(head), ...tensors.map(({ data }) => padded(data))])
}

type Tensor = { name: string; shape: readonly number[]; data: Buffer }

function tensorList(): Tensor[] {
  const random = createRandom(20_261_122)
  const matrix = (name: string, rows: number, columns: number, from = 0): Tensor => {
    const bound = Math.sqrt(3 / columns)
    const at = (index: number) => (index < from * columns ? 0 : (2 * random() - 1) * bound)
    return { name, shape: [columns, rows], data: f32(rows * columns, at) }
  }
  const ones = (name: string): Tensor => ({ name, shape: [width], data: f32(width, () => 1) })
  const layer = (index: number): Tensor[] => {
    const name = (part: string) => `blk.${index}.${part}.weight`
    return [
      ...['attn_norm', 'ffn_norm'].map((part) => ones(name(part))),
      ...['attn_q', 'attn_k', 'attn_v', 'attn_output'].map((p) => matrix(name(p), width, width)),
      ...['ffn_gate', 'ffn_up'].map((part) => matrix(name(part), hidden, width)),
      matrix(name('ffn_down'), width, hidden),
    ]
  }
  const silent = special.length + bytes.length
  return [
    matrix('token_embd.weight', vocabulary.length, width),
    ones('output_norm.weight'),
    // Rows of zero for special and byte tokens: its text stays readable, and does not end.
    matrix('output.weight', vocabulary.length, width, silent),
    ...Array.from({ length: layers }, (_, index) => layer(index)).flat(),
  ]
}

function tensorHeads(tensors: readonly Tensor[]): Buffer[] {
  let offset = 0
  return tensors.map(({ name, shape, data }) => {
    const float32 = 0
    const place = [u32(shape.length), ...shape.map(u64), u32(float32), u64(offset)]
    offset += padded(data).length
    return Buffer.concat([text(name), ...place])
  })
}

function metadata(): Buffer[] {
  const key = (name: string, type: number, value: Buffer) =>
    Buffer.concat([text(name), u32(type), value])
  const string = (name: string, value: string) => key(name, 8, text(value))
  const integer = (name: string, value: number) => key(name, 4, u32(value))
  const float = (name: string, value: number) =>
    key(
      name,
      6,
      f32(1, () => value),
    )
  const list = (name: string, type: number, items: Buffer[]) =>
    key(name, 9, Buffer.concat([u32(type), u64(items.length), ...items]))
  return [
    string('general.architecture', 'llama'),
    string('general.name', 'gatekeeper-tiny-random'),
    integer('llama.context_length', 4096),
    integer('llama.embedding_length', width),
    integer('llama.block_count', layers),
    integer('llama.feed_forward_length', hidden),
    integer('llama.attention.head_count', 4),
    integer('llama.attention.head_count_kv', 4),
    float('llama.attention.layer_norm_rms_epsilon', 1e-5),
    integer('llama.rope.dimension_count', 16),
    integer('llama.vocab_size', vocabulary.length),
    integer('general.file_type', 0),
    string('tokenizer.ggml.model', 'llama'),
    list(
      'tokenizer.ggml.tokens',
      8,
      vocabulary.map((token) => text(token.text)),
    ),
    list(
      'tokenizer.ggml.scores',
      6,
      vocabulary.map((token) => f32(1, () => token.score)),
    ),
    list(
      'tokenizer.ggml.token_type',
      5,
      vocabulary.map((token) => u32(token.type)),
    ),
    integer('tokenizer.ggml.unknown_token_id', 0),
    integer('tokenizer.ggml.bos_token_id', 1),
    integer('tokenizer.ggml.eos_token_id', 2),
  ]
}

/** Mulberry32: small, seeded, and good enough for weights that mean nothing. */
function createRandom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
