/** What differs from run to run, or is secret. */
export type Masked = { readonly folder: string; readonly port: number }

/** Returns the text as it is published: without secrets, with the usual port and fixed instants. */
export function mask(text: string, { folder, port }: Masked): string {
  return (
    text
      .replace(/gk_[0-9a-z]{10}_[0-9A-Za-z]{49}/g, `gk_3zg6k0m1p2_${'•'.repeat(12)}`)
      .replace(/^(id +)[0-9a-z]{10}$/gm, '$13zg6k0m1p2')
      .replaceAll(folder, '~')
      .replaceAll(`:${port}`, ':8443')
      .replace(/\d{4}-\d\d-\d\dT[\d:]+(?:\.\d+)?Z/g, '2026-01-31T12:00:00Z')
      .replace(/"created":\d+/g, '"created":1769860800')
      .replace(/"(chatcmpl-)[^"]+"/g, '"$10001"')
      .replace(/"request_id":"[^"]+"/g, '"request_id":"5f1c3a52-0000-4000-8000-000000000000"')
      // Control sequences, such as colours.
      .replace(new RegExp(`${String.fromCharCode(27)}\\[[0-9;]*m`, 'g'), '')
  )
}
