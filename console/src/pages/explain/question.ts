/** The question in the address: an explanation can be sent to somebody and opened again. */

export const askers = ['key', 'client', 'nobody'] as const
export type Asker = (typeof askers)[number]

export type Question = {
  readonly asker: Asker
  /** Of the key or the client. */
  readonly id: string
  readonly method: string
  readonly path: string
  readonly model: string
  readonly endpoint: string
  readonly from: string
  readonly origin: string
}

/** A record of a request, as the audit answers it. */
export type RequestRecord = {
  readonly details?: Readonly<Record<string, unknown>>
} & Readonly<Record<string, unknown>>

export const methods: readonly string[] = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD']

/** Returns the question of an address. */
export function readQuestion(query: URLSearchParams): Question {
  const client = query.get('client') ?? ''
  const key = query.get('key') ?? ''
  const isNobody = query.get('as') === 'nobody'
  return {
    asker: client !== '' ? 'client' : isNobody ? 'nobody' : 'key',
    id: client || key,
    method: query.get('method') ?? 'POST',
    path: query.get('path') ?? '',
    model: query.get('model') ?? '',
    endpoint: query.get('endpoint') ?? '',
    from: query.get('from') ?? '',
    origin: query.get('origin') ?? '',
  }
}

/** Returns the members of the address for a question; what is empty is left out. */
export function writeQuestion(question: Question): Readonly<Record<string, string | null>> {
  const { asker, id, method, path, model, endpoint, from, origin } = question
  const given = (text: string) => (text === '' ? null : text)
  return {
    key: asker === 'key' ? given(id) : null,
    client: asker === 'client' ? given(id) : null,
    as: asker === 'nobody' ? 'nobody' : null,
    ...{ method, path: given(path), model: given(model), endpoint: given(endpoint) },
    ...{ from: given(from), origin: given(origin), request: null },
  }
}

/** Whether enough is known to ask. */
export function isComplete({ asker, id, path }: Question): boolean {
  return path.startsWith('/') && (asker === 'nobody' || id !== '')
}

/** Returns the body of the call. */
export function toBody(question: Question): Readonly<Record<string, string>> {
  const { asker, id, method, path, model, endpoint, from, origin } = question
  const members = { model, endpoint, from, origin }
  const given = Object.entries(members).filter(([, value]) => value !== '')
  return {
    ...(asker !== 'nobody' && { [asker]: id }),
    ...{ method, path },
    ...Object.fromEntries(given),
  }
}

/** Returns what a record says of its request, over what is asked already. */
export function fromRecord(record: RequestRecord, asked: Question): Question {
  const text = (name: string) => {
    const value = record[name] ?? record.details?.[name]
    return typeof value === 'string' ? value : ''
  }
  const { asker, id } = askerOf(text('holder') || text('principal'))
  return {
    ...asked,
    asker: asked.id === '' ? asker : asked.asker,
    id: asked.id || id,
    method: text('method') || asked.method,
    path: text('path') || asked.path,
    model: text('model'),
    from: text('clientAddress'),
  }
}

/** Whose key a token was made from is not on record: then the person has to say it. */
function askerOf(principal: string): Pick<Question, 'asker' | 'id'> {
  const [, kind = '', id = ''] = /^(key|client):([^/]+)/.exec(principal) ?? []
  if (kind === 'key' || kind === 'client') return { asker: kind, id }
  const isNobody = principal === '' || principal === 'anonymous'
  return { asker: isNobody ? 'nobody' : 'key', id: '' }
}
