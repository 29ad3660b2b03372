import type { Admitted } from '../admission/admit.ts'
import type { Denial } from '../model/denial.ts'
import { RefusedError } from '../model/refused-error.ts'

/** The boundary of the form for an upload. */
export const uploadBoundary = 'explain'

/**
 * Judges an upload as the relay does when its fields arrive: returns the denial if its model is
 * refused, otherwise the admission.
 */
export function judgeUpload(admitted: Admitted, model: string | null): Promise<Admitted | Denial> {
  const { admission, form } = admitted
  if (form === null) return Promise.resolve(admitted)
  const { facts, principal } = admission
  const { promise, resolve } = Promise.withResolvers<Admitted | Denial>()
  form.stream.on('error', (error) => {
    const { reason, detail } =
      error instanceof RefusedError ? error : { reason: 'check-failed' as const, detail: null }
    resolve({ reason, detail, check: 'upstream', facts, principal })
  })
  form.stream.on('end', () => resolve(admitted))
  form.stream.resume().end(formText(model))
  return promise
}

function formText(model: string | null): string {
  const part = (head: string, value: string) =>
    `--${uploadBoundary}\r\nContent-Disposition: form-data; ${head}\r\n\r\n${value}\r\n`
  const file = part('name="file"; filename="x"', 'x')
  return `${file}${model === null ? '' : part('name="model"', model)}--${uploadBoundary}--\r\n`
}
