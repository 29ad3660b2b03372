import type { Kind } from '../../model/kind.ts'

/** Anything that speaks HTTP: its endpoints are not known. */
export const http: Kind = { name: 'http', title: '`kind: http`: everything else', rows: null }
