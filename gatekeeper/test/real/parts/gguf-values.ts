/** How GGUF version 3 writes its values: little-endian, texts with their length before them. */

const alignment = 32

export function u32(value: number): Buffer {
  const buffer = Buffer.alloc(4)
  buffer.writeUInt32LE(value)
  return buffer
}

export function u64(value: number): Buffer {
  const buffer = Buffer.alloc(8)
  buffer.writeBigUInt64LE(BigInt(value))
  return buffer
}

/** `count` 32-bit floats, each asked for by its index. */
export function f32(count: number, at: (index: number) => number): Buffer {
  const buffer = Buffer.alloc(4 * count)
  for (let index = 0; index < count; index += 1) buffer.writeFloatLE(at(index), 4 * index)
  return buffer
}

/** UTF-8 after its length in bytes. */
export function text(value: string): Buffer {
  const encoded = Buffer.from(value)
  return Buffer.concat([u64(encoded.length), encoded])
}

/** Filled with zeros to the next multiple of 32 bytes, where a tensor may begin. */
export function padded(data: Buffer): Buffer {
  return Buffer.concat([data, Buffer.alloc((alignment - (data.length % alignment)) % alignment)])
}
