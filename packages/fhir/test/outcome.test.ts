import { describe, expect, test } from 'vitest'
import { OutcomeError, type OutcomeKind, outcomes, parseOdsCode, toOperationOutcome } from '../src/index.ts'

test.each(Object.keys(outcomes) as OutcomeKind[])('%s answers with its own status and issue code', (kind) => {
  const { status, body } = toOperationOutcome(
    new OutcomeError(kind, 'What to do', { expression: 'Patient.id' })
  )
  expect(status).toBe(outcomes[kind].status)
  expect(body.issue).toEqual([
    { severity: 'error', code: outcomes[kind].issue, diagnostics: 'What to do', expression: ['Patient.id'] }
  ])
})

test('anything else is a 500 that says nothing of its cause', () => {
  const { status, body } = toOperationOutcome(new Error('password=hunter2'))
  expect(status).toBe(500)
  expect(JSON.stringify(body)).not.toContain('hunter2')
})

describe('an ODS code', () => {
  test.each(['A81001', 'r0a', ' RX1 '])('%s is read', (text) => {
    expect(parseOdsCode(text)).toBe(text.trim().toUpperCase())
  })
  test.each(['', 'A', 'A81-001', 'A'.repeat(13)])('%s is none', (text) => {
    expect(() => parseOdsCode(text)).toThrow(expect.objectContaining({ kind: 'invalid' }))
  })
})
