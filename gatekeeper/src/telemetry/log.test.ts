import { describe, expect, test } from 'vitest'
import { otherKey, sampleKey } from '../../test/support/questions.ts'
import { createLog } from './log.ts'

function capture(plain = false) {
  const lines: string[] = []
  return { lines, log: createLog({ write: (line) => lines.push(line) }, { plain }) }
}

describe.each([
  ['JSON', false],
  ['for people', true],
])('a line (%s)', (_, plain) => {
  test.each([
    ['in a message', (log: ReturnType<typeof createLog>) => log.info(`got ${sampleKey}`)],
    ['in a member', (log: ReturnType<typeof createLog>) => log.warn({ x: sampleKey }, 'm')],
    ['in a name', (log: ReturnType<typeof createLog>) => log.warn({ [sampleKey]: 1 }, 'm')],
    [
      'deep inside',
      (log: ReturnType<typeof createLog>) => log.info({ a: [{ b: sampleKey }] }, 'm'),
    ],
    [
      'in an error',
      (log: ReturnType<typeof createLog>) => log.error({ err: new Error(sampleKey) }, 'm'),
    ],
    [
      'in a URL',
      (log: ReturnType<typeof createLog>) =>
        log.info({ url: `/x?k=${sampleKey.replaceAll('_', '%5F')}&l=${sampleKey}` }, 'm'),
    ],
    [
      'as a whole request by mistake',
      (log: ReturnType<typeof createLog>) =>
        log.info({ headers: { authorization: `Bearer ${sampleKey}`, 'x-api-key': otherKey } }, 'm'),
    ],
  ])('never holds a key %s', (_place, write) => {
    const { lines, log } = capture(plain)
    write(log)
    expect(lines).toHaveLength(1)
    expect(lines[0]).not.toContain(sampleKey.slice(14))
    expect(lines[0]).not.toContain(otherKey.slice(14))
    expect(lines[0]).not.toMatch(/[0-9A-Za-z]{40}/)
  })

  test('ends in one line break and holds no other control character', () => {
    const { lines, log } = capture(plain)
    log.warn({ text: 'a\nb\r\u001b[31mc\u0000', user: 'eve\ninfo allow 200' }, 'some\nmessage')
    expect(lines).toHaveLength(1)
    expect(lines[0]?.endsWith('\n')).toBe(true)
    // biome-ignore lint/suspicious/noControlCharactersInRegex: exactly these forge lines and colours
    expect(lines[0]?.slice(0, -1)).not.toMatch(/[\u0000-\u001f\u007f]/)
  })
})

test('warnings and errors are not buffered with later lines', () => {
  const calls: string[] = []
  const sink = { write: () => calls.push('write'), flush: () => calls.push('flush') }
  const log = createLog(sink, { plain: false })
  log.info('a')
  log.warn('b')
  log.error('c')
  log.info('d')
  expect(calls).toEqual(['write', 'write', 'flush', 'write', 'flush', 'write'])
})

test('a JSON line has time, level and message', () => {
  const { lines, log } = capture()
  log.error({ a: 1 }, 'it broke')
  const line = JSON.parse(lines[0] ?? '')
  expect(line).toEqual({ level: 'error', time: expect.any(String), a: 1, message: 'it broke' })
  expect(Number.isNaN(Date.parse(line.time))).toBe(false)
})

test('a line for people that cannot be rendered does not end the process', () => {
  const { lines, log } = capture(true)
  expect(() => log.info({ x: 1n, y: undefined, z: null }, 'odd')).not.toThrow()
  expect(lines).toHaveLength(1)
})
