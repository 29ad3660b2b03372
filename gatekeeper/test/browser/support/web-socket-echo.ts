/** Just enough of RFC 6455 for short texts: accept, echo, close. */
import { createHash } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'

const acceptSuffix = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11'
const opcodes = { text: 1, close: 8 } as const

/** Opens the WebSocket, as `comfy` if that is offered, and sends every text back. */
export function acceptWebSocket(
  request: IncomingMessage,
  socket: Socket,
  onText: (text: string) => void,
): void {
  const key = request.headers['sec-websocket-key'] ?? ''
  const offered = (request.headers['sec-websocket-protocol'] ?? '').split(',')
  const accept = createHash('sha1').update(`${key}${acceptSuffix}`).digest('base64')
  const answer = [
    'HTTP/1.1 101 Switching Protocols',
    'Connection: Upgrade',
    'Upgrade: websocket',
    `Sec-WebSocket-Accept: ${accept}`,
    ...(offered.some((name) => name.trim() === 'comfy') ? ['Sec-WebSocket-Protocol: comfy'] : []),
  ]
  socket.write(`${answer.join('\r\n')}\r\n\r\n`)
  socket.on('error', () => socket.destroy())
  let buffered = Buffer.alloc(0)
  socket.on('data', (chunk: Buffer) => {
    buffered = Buffer.concat([buffered, chunk])
    for (let frame = readFrame(buffered); frame !== null; frame = readFrame(buffered)) {
      buffered = buffered.subarray(frame.size)
      if (frame.opcode === opcodes.text) onText(frame.payload.toString('utf8'))
      socket.write(writeFrame(frame.opcode, frame.payload))
      if (frame.opcode === opcodes.close) socket.end()
    }
  })
}

type Frame = { readonly opcode: number; readonly payload: Buffer; readonly size: number }

/** §5.2, for frames of a client (masked) of less than 64 KiB; null until one is complete. */
function readFrame(bytes: Buffer): Frame | null {
  if (bytes.length < 6) return null
  const short = (bytes[1] ?? 0) & 0x7f
  const [start, length] = short === 126 ? [4, bytes.readUInt16BE(2)] : [2, short]
  const size = start + 4 + length
  if (bytes.length < size) return null
  const mask = bytes.subarray(start, start + 4)
  const payload = Buffer.from(bytes.subarray(start + 4, size))
  for (const [at, byte] of payload.entries()) payload[at] = byte ^ (mask[at % 4] ?? 0)
  return { opcode: (bytes[0] ?? 0) & 0x0f, payload, size }
}

function writeFrame(opcode: number, payload: Buffer): Buffer {
  const head =
    payload.length < 126 ? [payload.length] : [126, payload.length >> 8, payload.length & 255]
  return Buffer.concat([Buffer.from([0x80 | opcode, ...head]), payload])
}
