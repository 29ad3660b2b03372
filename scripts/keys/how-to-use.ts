/** What to do with a key that was just made. The only place that prints one. */
export function howToUse(key: string, baseUrl: string): string[] {
  return [
    `  ${key}`,
    '',
    'This is shown once: keep it now. Only its hash is stored. Send it as either of',
    '  Authorization: Bearer KEY',
    '  X-API-Key: KEY',
    `OpenAI-style clients: base URL ${baseUrl}/v1, with the key as the API key.`,
    'A running gatekeeper accepts it within two seconds.',
  ]
}
