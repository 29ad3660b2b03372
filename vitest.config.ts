import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: [
      'gatekeeper/**/*.test.ts',
      'admin/**/*.test.ts',
      'console/**/*.test.ts',
      'scripts/**/*.test.ts',
      'bench/**/*.test.ts',
      'sdk/**/*.test.ts',
      'tools/**/*.test.ts',
    ],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // For two cores: most end-to-end files start three processes.
    maxWorkers: 3,
    maxConcurrency: 8,
  },
})
