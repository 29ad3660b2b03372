/**
 * Where a rule is written: the file, and the members that lead there. `keys`, `clients`, `people` and `rules` are
 * files of the key folder, `gateway` is gatekeeper.yaml, `endpoints` the tables in docs/endpoints.md.
 */
export type WrittenPlace = {
  readonly file: 'gateway' | 'keys' | 'clients' | 'people' | 'rules' | 'endpoints'
  readonly path: readonly (string | number)[]
}
