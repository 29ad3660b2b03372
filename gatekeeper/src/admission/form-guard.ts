/**
 * Judges an upload while it passes through, in constant memory. The form is written again around
 * the contents of the files, with our own boundary and part heads, so that no parser sees other
 * parts than those judged here. The model may come after the file, so the end of the form is
 * withheld until all is judged. A refused upload is cut and never becomes a complete request.
 */
import { randomBytes } from 'node:crypto'
import { Transform } from 'node:stream'
import { kindOf } from '../kinds/kinds.ts'
import type { PartHead } from '../lib/net/form-part-head.ts'
import { FormReader } from '../lib/net/form-reader.ts'
import { type BodyFacts, noBody, type RequestFacts } from '../model/facts.ts'
import type { Principal } from '../model/principal.ts'
import type { Reason } from '../model/reason.ts'
import { type Refused, RefusedError } from '../model/refused-error.ts'
import { candidates, judgeModels } from './body-asks.ts'
import { boundaryOf } from './content-type.ts'
import { FormFields } from './form-fields.ts'
import type { RequestHead } from './request-head.ts'

export type FormGuard = {
  /** Takes the client's form and gives the judged one; a RefusedError ends it. */
  readonly stream: Transform
  readonly contentType: string
}

type GuardDeps = {
  readonly head: RequestHead
  readonly facts: RequestFacts
  readonly principal: Principal
  /** Runs the checks on the body. */
  readonly judge: (body: BodyFacts) => Refused | null
}

const bounds = { partsMax: 100, headBytesMax: 8 * 1024, bytesMax: 1024 * 1024 * 1024 }

export function createFormGuard(deps: GuardDeps): FormGuard {
  const boundary = `gatekeeper-${randomBytes(16).toString('hex')}`
  const out: Buffer[] = []
  const judged = new JudgedForm(deps, { boundary, emit: (chunk) => out.push(chunk) })
  const reader = new FormReader<Refused>(boundaryOf(deps.head) ?? '', bounds, judged)
  const stream = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      const refused = reader.push(chunk)
      // Bytes written before the refusal may be sent; the rest of the form never is.
      if (refused !== null) return done(toError(refused))
      for (const part of out.splice(0)) this.push(part)
      done()
    },
    flush(done) {
      const refused = reader.end() ?? judged.end()
      if (refused !== null) return done(toError(refused))
      for (const part of out.splice(0)) this.push(part)
      done()
    },
  })
  // The sender listens for errors as well, but only later.
  stream.on('error', () => {})
  return { stream, contentType: `multipart/form-data; boundary=${boundary}` }
}

function toError(refused: Refused | 'malformed' | 'too-large'): RefusedError {
  if (refused === 'malformed') return new RefusedError('form-malformed')
  if (refused === 'too-large') return new RefusedError('body-too-large')
  return new RefusedError(refused.reason, refused.detail)
}

const plainly = (reason: Reason): Refused => ({ reason, detail: null })

type Output = { readonly boundary: string; readonly emit: (chunk: Buffer) => void }

/** One form in transit: which fields arrived, and which bytes may be sent. */
class JudgedForm {
  readonly #deps: GuardDeps
  readonly #output: Output
  readonly #fields: FormFields
  #head: PartHead | null = null
  #value: Buffer[] = []
  #valueBytes = 0
  #fileBytes = 0
  #isJudged = false

  constructor(deps: GuardDeps, output: Output) {
    this.#deps = deps
    this.#output = output
    this.#fields = new FormFields(kindOf(deps.facts))
  }

  part(head: PartHead): Refused | null {
    this.#head = head
    this.#value = []
    this.#valueBytes = 0
    this.#fileBytes = 0
    const refused = this.#fields.open(head)
    if (refused === null && head.fileName !== null) this.#emitHead(head)
    return refused
  }

  data(chunk: Buffer): Refused | null {
    if (this.#head?.fileName != null) {
      this.#fileBytes += chunk.length
      this.#output.emit(chunk)
      return this.#isImageTooLarge() ? plainly('images-too-large') : null
    }
    this.#valueBytes += chunk.length
    if (this.#valueBytes > this.#fields.valueBytesLeft) return plainly('body-too-large')
    // A copy, because a slice would keep the whole chunk in memory.
    this.#value.push(Buffer.from(chunk))
    return null
  }

  partEnd(): Refused | null {
    const head = this.#head as PartHead
    if (head.fileName === null) {
      const value = Buffer.concat(this.#value)
      const refused = this.#fields.close(head, value) ?? this.#judgeModel(head)
      if (refused !== null) return refused
      this.#emitHead(head)
      this.#output.emit(value)
    }
    this.#output.emit(Buffer.from('\r\n'))
    return null
  }

  /** Without a model nothing was judged yet; only now is it certain that none comes. */
  end(): Refused | null {
    const refused = this.#isJudged ? null : this.#judge([])
    if (refused === null) this.#output.emit(Buffer.from(`--${this.#output.boundary}--\r\n`))
    return refused
  }

  #judgeModel(head: PartHead): Refused | null {
    const { facts } = this.#deps
    if (head.name !== 'model' || facts.endpoint?.model.in !== 'form') return null
    return this.#judge(candidates(this.#fields.model, kindOf(facts)))
  }

  #judge(models: readonly string[]): Refused | null {
    this.#isJudged = true
    const { facts, principal } = this.#deps
    return this.#deps.judge({ ...noBody, ...judgeModels(models, { facts, principal }) })
  }

  #isImageTooLarge(): boolean {
    const { facts, principal } = this.#deps
    const max = principal.caps.imageBytes
    const isImage =
      facts.endpoint?.pattern.includes('/images/') || /^image\//i.test(this.#head?.type ?? '')
    return isImage && max !== null && this.#fileBytes > max
  }

  #emitHead({ name, fileName, type }: PartHead): void {
    const file = fileName === null ? '' : `; filename="${fileName.replaceAll('"', '%22')}"`
    const lines = [
      `--${this.#output.boundary}`,
      `Content-Disposition: form-data; name="${name}"${file}`,
      // A field has no type: Go's parser takes a field with a type for a file.
      ...(fileName === null ? [] : [`Content-Type: ${type ?? 'application/octet-stream'}`]),
    ]
    this.#output.emit(Buffer.from(`${lines.join('\r\n')}\r\n\r\n`))
  }
}
