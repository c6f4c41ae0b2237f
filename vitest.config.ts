import { availableParallelism } from 'node:os'
import { defineConfig } from 'vitest/config'

/** A test of a package, a service or a tool that needs PostgreSQL or Redis is named so. */
const withServers = [
  '{packages,services}/*/test/**/*.integration.test.ts',
  'tools/test/*.integration.test.ts'
]
const globalSetup = './tests/support/global-setup.ts'
// vitest would leave one of two cores idle for itself, but it mostly waits for its workers.
const maxWorkers = Math.max(2, availableParallelism() - 1)

// The projects run one after the other, so that what is timed in a later one is not slowed by an earlier one. The
// servers are opened only when a test of a project that uses them is to run.
export default defineConfig({
  test: {
    pool: 'forks',
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['{packages,services}/*/test/**/*.test.ts', 'tools/test/**/*.test.ts', 'tests/*.test.ts'],
          exclude: [...withServers, '**/node_modules/**'],
          testTimeout: 20_000,
          maxWorkers,
          sequence: { groupOrder: 0 }
        }
      },
      {
        extends: true,
        test: {
          name: 'integration',
          include: ['tests/{support,integration,e2e}/**/*.test.ts', ...withServers],
          globalSetup,
          testTimeout: 60_000,
          hookTimeout: 60_000,
          maxWorkers,
          sequence: { groupOrder: 1 }
        }
      },
      {
        // Kills, cuts and delays are timed: one file at a time.
        extends: true,
        test: {
          name: 'faults',
          include: ['tests/faults/**/*.test.ts'],
          globalSetup,
          testTimeout: 180_000,
          hookTimeout: 60_000,
          fileParallelism: false,
          sequence: { groupOrder: 2 }
        }
      }
    ]
  }
})
