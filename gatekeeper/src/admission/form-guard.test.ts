import { once } from 'node:events'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { aField, aFile, formOf, formType, type Part } from '../../test/support/forms.ts'
import {
  aHead,
  aPrincipal,
  aService,
  type KindName,
  someFacts,
} from '../../test/support/questions.ts'
import { findEndpoint } from '../kinds/find-endpoint.ts'
import { noCaps } from '../model/caps.ts'
import type { Principal } from '../model/principal.ts'
import { RefusedError } from '../model/refused-error.ts'
import { checks } from '../policy/checks.ts'
import { decide } from '../policy/decide.ts'
import { createFormGuard } from './form-guard.ts'

type Given = {
  readonly kind?: KindName
  readonly path?: string
  readonly principal?: Partial<Principal>
  /** Bytes of a chunk; all at once by default. */
  readonly chunkBytes?: number
}

type Passed = {
  readonly reason: string | null
  readonly param: string | null
  readonly sent: string
  readonly boundary: string
}

/** Sends a form through its guard; `sent` is the whole output, also after a failure. */
async function pass(body: Buffer, given: Given = {}): Promise<Passed> {
  const {
    kind = 'ollama',
    path = '/v1/audio/transcriptions',
    chunkBytes = body.length || 1,
  } = given
  const service = aService({ kind })
  const facts = someFacts({ service, endpoint: findEndpoint(service, 'POST', path) })
  const principal = aPrincipal(given.principal)
  const guard = createFormGuard({
    ...{ facts, principal, head: aHead({ fields: { 'content-type': [formType] } }) },
    judge: (form) => {
      const decision = decide(checks.body, { facts, principal, limits: [], body: form })
      return decision.allowed ? null : decision
    },
  })
  const boundary = guard.contentType.replace('multipart/form-data; boundary=', '')
  const { stream } = guard
  const sent: Buffer[] = []
  stream.on('data', (chunk: Buffer) => sent.push(chunk))
  const ended = Promise.race([once(stream, 'end'), once(stream, 'error').then(([error]) => error)])
  ended.catch(() => {})
  for (let at = 0; at < body.length && !stream.destroyed; at += chunkBytes) {
    stream.write(body.subarray(at, at + chunkBytes))
  }
  stream.end()
  const error = await ended.catch((thrown: unknown) => thrown)
  const { reason, detail } = error instanceof RefusedError ? error : { reason: null, detail: null }
  return {
    reason,
    param: detail?.param ?? null,
    sent: Buffer.concat(sent).toString('latin1'),
    boundary,
  }
}

const reasonOf = async (body: Buffer | Part[], given: Given = {}) => {
  const { reason, sent, boundary } = await pass(
    Buffer.isBuffer(body) ? body : formOf(...body),
    given,
  )
  // A refused form never gets its end, and is not a form without it.
  if (reason !== null) expect(sent).not.toContain(`${boundary}--`)
  return reason
}
const limited: Given = { principal: { models: ['whisper-*'] } }
const model = aField('model', 'whisper-1')

describe('a valid form', () => {
  test('is rewritten around the contents of its parts', async () => {
    const content = Buffer.from('a\r\n--b0undar\r\n\0\xff', 'latin1')
    const { reason, sent, boundary } = await pass(formOf(model, aFile(content)), limited)
    expect(reason).toBeNull()
    expect(sent).toBe(
      `--${boundary}\r\nContent-Disposition: form-data; name="model"\r\n\r\nwhisper-1\r\n` +
        `--${boundary}\r\nContent-Disposition: form-data; name="file"; filename="a.wav"\r\n` +
        `Content-Type: audio/wav\r\n\r\n${content.toString('latin1')}\r\n--${boundary}--\r\n`,
    )
    expect(boundary).toMatch(/^gatekeeper-[0-9a-f]{32}$/)
  })

  test('has an unpredictable boundary each time', async () => {
    const [one, other] = [await pass(formOf(model)), await pass(formOf(model))]
    expect(one.boundary).not.toBe(other.boundary)
  })

  test.each([
    ['as browsers write them', 'Content-Disposition: form-data; name="file"; filename="a b.wav"'],
    ['as curl does', 'Content-Disposition: form-data; name="file"; filename="a\\"b.wav"'],
    [
      'as browsers escape them',
      'Content-Disposition: form-data; name="file"; filename="a%22b.wav"',
    ],
    ['with a path', 'Content-Disposition: form-data; name="file"; filename="C:\\dir\\a.wav"'],
    ['in other letters', 'content-disposition: FORM-DATA; Name="file"; FileName="\u00e4.wav"'],
    ['without quotes', 'Content-Disposition: form-data; name=file; filename=a.wav'],
    [
      'by RFC 8187',
      'Content-Disposition: form-data; name="file"; filename*=UTF-8\'\'na%C3%AFve.wav',
    ],
    [
      'with a length',
      'Content-Length: 1\r\nContent-Disposition: form-data; name="file"; filename="a"',
    ],
    [
      'with an unknown coding',
      'Content-Disposition: form-data; name="file"; filename="a"\r\nContent-Transfer-Encoding: binary',
    ],
  ])('may have heads %s', async (_, head) => {
    expect(await reasonOf([model, { head, content: 'x' }], limited)).toBeNull()
  })

  test('keeps no quote, line break or path in the name of a file', async () => {
    const head =
      'Content-Disposition: form-data; name="file"; filename="/etc/x\\"; name=\\"model.wav"'
    const { sent } = await pass(formOf(model, { head, content: 'x' }), limited)
    expect(sent).toContain('; filename="x%22; name=%22model.wav"\r\n')
  })

  test('gives fields no type: Go’s parser takes a field with a type for a file', async () => {
    const head = 'Content-Disposition: form-data; name="model"\r\nContent-Type: text/plain'
    const { reason, sent } = await pass(formOf({ head, content: 'whisper-1' }), limited)
    expect([reason, sent.includes('text/plain')]).toEqual([null, false])
  })

  test('may repeat a field that is a list', async () => {
    const list = [
      aField('timestamp_granularities[]', 'a'),
      aField('timestamp_granularities[]', 'b'),
    ]
    expect(await reasonOf([model, ...list], limited)).toBeNull()
  })

  test('is the same however its bytes are split', async () => {
    const body = formOf(aFile('\r\n--b0undar\r\n--\r\n'), model, aField('prompt', '\r\n'))
    const { sent: whole, boundary } = await pass(body, limited)
    for (let chunkBytes = 1; chunkBytes < 90; chunkBytes += 2) {
      const cut = await pass(body, { ...limited, chunkBytes })
      expect(cut.reason).toBeNull()
      expect(cut.sent.replaceAll(cut.boundary, boundary)).toBe(whole)
    }
  })
})

describe('the model of a form', () => {
  const refused = 'model-not-allowed'

  test('is checked in any position, and a refused one is never sent', async () => {
    for (const parts of [
      [aField('model', 'bad'), aFile('x')],
      [aFile('x'), aField('model', 'bad')],
      [aFile('x'), aField('model', 'bad'), aFile('y', 'other')],
    ]) {
      const { reason, sent } = await pass(formOf(...parts), limited)
      expect([reason, sent.includes('bad')]).toEqual([refused, false])
    }
  })

  test('must be present when the key is limited to models', async () => {
    expect(await reasonOf([aFile('x')], limited)).toBe(refused)
    expect(await reasonOf([aFile('x')])).toBeNull()
  })

  test('in the cloud needs its own permission', async () => {
    const cloud = [aField('model', 'whisper:cloud')]
    expect(await reasonOf(cloud)).toBe(refused)
    expect(await reasonOf(cloud, { principal: { cloudModels: true } })).toBeNull()
  })

  test('of LiteLLM is split at commas, and each name must pass', async () => {
    const litellm = { ...limited, kind: 'openai' } as const
    expect(await reasonOf([aField('model', 'whisper-1,gpt-4o')], litellm)).toBe(refused)
    expect(await reasonOf([aField('model', 'whisper-1,whisper-2')], litellm)).toBeNull()
  })

  test.each([
    ['twice', [model, aField('model', 'whisper-2')]],
    ['twice with one value', [model, model]],
    ['in upper case', [aField('MODEL', 'whisper-1')]],
    ['in both cases', [model, aField('Model', 'bad')]],
    ['as a list', [aField('model[]', 'whisper-1')]],
    ['as a list beside it', [model, aField('model[]', 'bad')]],
    ['as an object', [model, aField('model[name]', 'bad')]],
    ['as a file', [aFile('whisper-1', 'model')]],
    ['as a file beside it', [model, aFile('bad', 'model')]],
  ])('%s is ambiguous', async (_, parts) => {
    expect(await reasonOf([...parts, aFile('x')], limited)).toBe('body-ambiguous')
  })

  test.each([
    'model\0',
    '\u212aodel',
    'm\u00f6del',
    'model ',
    ' model',
    'model"',
    'model\t',
    '_charset_',
  ])('a name that some reader takes for another name is malformed: %j', async (name) => {
    expect(await reasonOf([aField(name, 'x'), model], limited)).toBe('form-malformed')
  })
})

describe('fields that callers may not set at LiteLLM', () => {
  const litellm = { kind: 'openai' } as const

  test.each([
    ...['api_base', 'API_BASE', 'api_key', 'user_config', 'fallbacks', 'mock_response'],
    ...['litellm_metadata', 'metadata[api_base]', 'metadata.api_base', 'x[Api_Base]', 'api_base[]'],
    ...['aws_access_key_id', 'target_model_names', 'litellm_metadata[tags]'],
  ])('%s', async (name) => {
    expect(await reasonOf([model, aField(name, 'x')], litellm)).toBe('body-field-refused')
    expect(await reasonOf([aFile('x', name), model], litellm)).toBe('body-field-refused')
  })

  test.each([
    '{"api_base":"http://evil.example"}',
    '{"a":{"API_BASE":1}}',
    '{"\\u0061pi_base":1}',
    "{'api_base': 1}",
    'api_base',
  ])('inside metadata: %s', async (text) => {
    expect(await reasonOf([model, aField('metadata', text)], litellm)).toBe('body-field-refused')
  })

  test.each([
    '{"user_id":"ada"}',
    '{"note":"our api_base and the user_config of staging","tags":["api_key"]}',
    '{"note":"two\\nlines"}',
    'a text of their own',
  ])('the callers’ own metadata passes: %s', async (text) => {
    expect(await reasonOf([model, aField('metadata', text)], litellm)).toBeNull()
  })

  test.each([
    ['what one reader drops', '{"a":{"api_base":1},"a":2}'],
    ['what is JSON in JSON', JSON.stringify('{"api_base":1}')],
    ['in a list', '[{"api_base":1}]'],
    ['with a comment', '{"a":1 /* */,"api_base":1}'],
    ['deep within', `${'{"a":'.repeat(130)}{"api_base":1}${'}'.repeat(130)}`],
  ])('metadata is refused with %s', async (_, text) => {
    expect(await reasonOf([model, aField('metadata', text)], litellm)).toBe('body-field-refused')
  })

  test.each([
    [aField('api_base', 'x'), 'api_base'],
    [aField('metadata[API_Base]', 'x'), 'metadata.api_base'],
    [aField('metadata', '{"a":{"user_config":1}}'), 'metadata.user_config'],
    [aField('metadata', "{'user_config': 1}"), 'metadata'],
    [aField(`aws_${'x'.repeat(50)}`, 'x'), '…'],
    [aField('MODEL', 'x'), 'model'],
    // A name that the client chose may be anything, also a credential.
    [aField('metadata[]', 'x'), null],
  ])('the refusal names the field: %j', async (field, param) => {
    expect((await pass(formOf(model, field), litellm)).param).toBe(param)
  })

  test('also in a form without a model', async () => {
    const files = { kind: 'openai', path: '/v1/files', principal: { role: 'admin' } } as const
    expect(await reasonOf([aField('purpose', 'batch'), aFile('x')], files)).toBeNull()
    const named = [aField('target_model_names', 'm'), aFile('x')]
    expect(await reasonOf(named, files)).toBe('body-field-refused')
  })
})

describe('a form that two parsers could read differently is malformed', () => {
  const raw = (text: string) => Buffer.from(text, 'latin1')
  const good = 'Content-Disposition: form-data; name="model"\r\n\r\nwhisper-1'
  const end = '\r\n--b0undary--\r\n'
  test.each([
    ['nothing', ''],
    ['no parts', '--b0undary--\r\n'],
    ['a preamble', `x\r\n--b0undary\r\n${good}${end}`],
    ['an empty line first', `\r\n--b0undary\r\n${good}${end}`],
    ['an epilogue', `--b0undary\r\n${good}${end}x`],
    ['a second form', `--b0undary\r\n${good}${end}--b0undary\r\n${good}${end}`],
    ['no end', `--b0undary\r\n${good}`],
    ['an end without its dashes', `--b0undary\r\n${good}\r\n--b0undary`],
    ['an end with one dash', `--b0undary\r\n${good}\r\n--b0undary-`],
    ['blanks after the boundary', `--b0undary \r\n${good}${end}`],
    ['bare line feeds', `--b0undary\n${good.replaceAll('\r\n', '\n')}\n--b0undary--\n`],
    ['a bare line feed after the boundary', `--b0undary\n${good}${end}`],
    ['a longer boundary', `--b0undary\r\n${good}\r\n--b0undaryx\r\n${good}${end}`],
    ['another boundary', `--other\r\n${good}\r\n--other--\r\n`],
    ['the boundary in upper case', `--B0UNDARY\r\n${good}\r\n--B0UNDARY--\r\n`],
  ])('%s', async (_, text) => {
    expect(await reasonOf(raw(text), limited)).toBe('form-malformed')
  })

  const disposition = 'Content-Disposition: form-data; name="model"'
  test.each([
    ['a folded field', 'Content-Disposition: form-data;\r\n name="model"'],
    ['a second disposition', `${disposition}\r\n${disposition}`],
    ['no disposition', 'Content-Type: text/plain'],
    ['another disposition', 'Content-Disposition: attachment; name="model"'],
    ['no name', 'Content-Disposition: form-data; filename="x"'],
    ['an empty name', 'Content-Disposition: form-data; name=""'],
    ['two names', `${disposition}; name="x"`],
    ['a name and an extended one', `${disposition}; name*=UTF-8''x`],
    ['an unknown parameter', `${disposition}; size=1`],
    ['an empty file name', `${disposition}; filename=""`],
    ['a file name that is a folder', `${disposition}; filename="a/"`],
    ['a broken extended file name', `${disposition}; filename*=UTF-8''%ff`],
    ['an extended file name of another set', `${disposition}; filename*=ISO-8859-1''a`],
    ['a file name too long', `${disposition}; filename="${'a'.repeat(256)}"`],
    ['an open quote', 'Content-Disposition: form-data; name="model'],
    ['a blank before the colon', 'Content-Disposition : form-data; name="model"'],
    ['an unknown field', `${disposition}\r\nX-Field: 1`],
    ['a field without a colon', `${disposition}\r\nX-Field`],
    ['base64, which some undo', `${disposition}\r\nContent-Transfer-Encoding: base64`],
    ['a nested form', `${disposition}\r\nContent-Type: multipart/mixed; boundary=x`],
    ['an invalid type', `${disposition}; filename="x"\r\nContent-Type: a/b\tx`],
    ['a NUL', `${disposition}\0`],
    ['a bare carriage return', `${disposition}\rContent-Type: text/plain`],
    ['an empty head', ''],
  ])('%s', async (_, head) => {
    expect(await reasonOf([{ head, content: 'whisper-1' }], limited)).toBe('form-malformed')
  })

  test('a field that is not UTF-8', async () => {
    const head = 'Content-Disposition: form-data; name="prompt"'
    const content = Buffer.from('ff', 'hex')
    expect(await reasonOf([model, { head, content }], limited)).toBe('form-malformed')
  })

  test('a field twice', async () => {
    expect(await reasonOf([model, aField('a', '1'), aField('A', '2')])).toBe('body-ambiguous')
    expect(await reasonOf([model, aFile('1'), aFile('2')])).toBe('body-ambiguous')
    expect(await reasonOf([model, aField('a', '1'), aField('a[]', '2')])).toBe('body-ambiguous')
    expect(await reasonOf([model, aField('a[b]', '1'), aField('a', '2')])).toBe('body-ambiguous')
    expect(await reasonOf([model, aField('a[b]', '1'), aField('a[b]', '2')])).toBe('body-ambiguous')
  })
})

describe('the part of a form that is kept in memory is bounded', () => {
  test('in its fields, each and together', async () => {
    expect(await reasonOf([model, aField('a', 'x'.repeat(300_000))])).toBe('body-too-large')
    const many = Array.from({ length: 6 }, (_, at) => aField(`a${at}`, 'x'.repeat(200_000)))
    expect(await reasonOf([model, ...many])).toBe('body-too-large')
  })

  test('in the heads of its parts and in their number', async () => {
    const head = `Content-Disposition: form-data; name="file"; filename="${'a'.repeat(9_000)}"`
    expect(await reasonOf([model, { head, content: 'x' }])).toBe('body-too-large')
    const many = Array.from({ length: 101 }, (_, at) => aField(`a${at}`, 'x'))
    expect(await reasonOf(many)).toBe('body-too-large')
  })

  test('in a head that never ends', async () => {
    const start = Buffer.from('--b0undary\r\nContent-Disposition: ')
    expect(await reasonOf(Buffer.concat([start, Buffer.alloc(10_000, 'a')]))).toBe('body-too-large')
  })

  test('in its images, when the key has a cap', async () => {
    const images = {
      kind: 'openai',
      path: '/v1/images/edits',
      principal: { caps: { ...noCaps, imageBytes: 1_000 } },
    } as const
    const large = [aField('model', 'm'), aFile(Buffer.alloc(1_001), 'image')]
    expect(await reasonOf(large, images)).toBe('images-too-large')
    expect(
      await reasonOf([large[0] as Part, aFile(Buffer.alloc(1_000), 'image')], images),
    ).toBeNull()
  })
})

test('any form that passes has one model, which the key may use', async () => {
  const piece = fc.constantFrom(
    ...['--b0undary', '--b0undary--', '\r\n', '\n', '\r', '--', ' ', 'x', '"', '\0', '; '],
    ...['Content-Disposition: form-data; name="model"', 'Content-Disposition: form-data; name="a"'],
    ...['; filename="a"', 'Content-Type: text/plain', '\r\n\r\n', 'whisper-1', 'bad'],
    ...[
      '--b0undary\r\nContent-Disposition: form-data; name="model"\r\n\r\nwhisper-1\r\n',
      '--b0undary\r\nContent-Disposition: form-data; name="model"\r\n\r\nbad\r\n',
      '--b0undary\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\nbad\r\n',
      '--b0undary--\r\n',
    ],
  )
  const form = fc.array(piece, { maxLength: 10 }).map((pieces) => Buffer.from(pieces.join('')))
  await fc.assert(
    fc.asyncProperty(form, fc.integer({ min: 1, max: 40 }), async (body, chunkBytes) => {
      const { reason, sent, boundary } = await pass(body, { ...limited, chunkBytes })
      if (reason !== null) return void expect(sent).not.toContain(`${boundary}--`)
      const parts = sent.split(`--${boundary}`).slice(1, -1)
      const models = parts.filter((part) =>
        part.startsWith('\r\nContent-Disposition: form-data; name="model"\r\n'),
      )
      expect(models).toEqual([expect.stringMatching(/\r\n\r\nwhisper-1\r\n$/)])
      for (const part of parts) {
        expect(part).toMatch(/^\r\nContent-Disposition: form-data; name="(?:model|a|file)"/)
      }
    }),
    { numRuns: 2_000 },
  )
})
