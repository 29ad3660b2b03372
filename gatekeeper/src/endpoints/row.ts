import type { Dialect, Endpoint, EndpointClass, ModelPlace } from '../policy/endpoint.ts'

/** What most rows leave at its usual value. */
type RowOptions = Partial<Pick<Endpoint, 'body' | 'model'>>

const noModel: ModelPlace = { in: 'none' }

/**
 * Returns a builder of rows for one dialect. `methods` is `GET` or `GET|HEAD`; a pattern has
 * `:name` for one segment and ends in `/*` for everything below.
 */
export function rowsIn(dialect: Dialect) {
  return (
    methods: string,
    pattern: string,
    endpointClass: EndpointClass,
    options: RowOptions = {},
  ): Endpoint[] =>
    methods.split('|').map((method) => ({
      method,
      pattern,
      class: endpointClass,
      dialect,
      body: options.body ?? 'none',
      model: options.model ?? noModel,
      webSocket: false,
    }))
}

/** A JSON body that names its model in one of these members; `model` alone where none is given. */
export function jsonWith(...members: string[]): RowOptions {
  return {
    body: 'json',
    model: { in: 'body', members: members.length === 0 ? ['model'] : members },
  }
}

/** A JSON body without a model. */
export const plainJson: RowOptions = { body: 'json' }

/** An upload as multipart/form-data that names its model in a form field. */
export const form: RowOptions = { body: 'multipart', model: { in: 'form' } }

/** A body of any type, passed on as it comes. */
export const bytes: RowOptions = { body: 'bytes' }
