import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: [
      'gatekeeper/**/*.test.ts',
      'scripts/**/*.test.ts',
      'bench/**/*.test.ts',
      'tools/**/*.test.ts',
    ],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // Two cores, and most end-to-end files run three processes of their own.
    maxWorkers: 3,
    maxConcurrency: 8,
  },
})
