import { expect, test } from 'vitest'
import { tallyReport } from '../check/tests.ts'

const report = {
  success: true,
  numPassedTests: 7,
  numFailedTests: 0,
  numPendingTests: 2,
  numTodoTests: 1,
  testResults: [{ status: 'passed', assertionResults: [{}] }]
}

test.each([
  { rule: 'passed and skipped tests are counted', change: {}, failed: 0 },
  { rule: 'a failed test is one failure', change: { success: false, numFailedTests: 3 }, failed: 3 },
  {
    rule: 'a file that could not be loaded is one failure',
    change: { success: false, testResults: [{ status: 'failed', assertionResults: [] }] },
    failed: 1
  },
  {
    rule: 'a failed test is not counted again with its file',
    change: {
      success: false,
      numFailedTests: 1,
      testResults: [{ status: 'failed', assertionResults: [{}] }]
    },
    failed: 1
  },
  { rule: 'an error outside of every test is one failure', change: { success: false }, failed: 1 }
])('$rule', ({ change, failed }) => {
  expect(tallyReport({ ...report, ...change })).toEqual({ passed: 7, failed, skipped: 3 })
})
