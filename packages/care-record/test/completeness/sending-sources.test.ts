import { describe, expect, test } from 'vitest'
import {
  completenessToJson,
  completenessToOutcome,
  type SourceFacts,
  sourceStatement
} from '../../src/index.ts'
import { facts, hour, now, section } from '../builders.ts'
import { hl7v2 } from '../hospitals.ts'

const asked = {
  sourceId: 'r0d-hl7',
  source: hl7v2(),
  odsCode: 'R0D',
  relation: 'contributor',
  notAsked: 'sends'
} as const
const state = (known: Partial<SourceFacts>) =>
  sourceStatement(asked, facts({ asAt: now - 2 * hour, ...known }), new Set(), now)
const told = (known: Partial<SourceFacts>) =>
  completenessToJson({ sources: [state(known)], general: [] }, now).sources[0]?.text

test('a source that sends is told with the time of its last message, and that is no warning', () => {
  expect(told({})).toBe(
    'Dorset Hospital: sends what happens there; it is not asked. Its last message is of 22-Nov-2026 07:30, 2 hours ago.'
  )
  const { issue } = completenessToOutcome({ sources: [state({})], general: [] }, now)
  expect(issue[0]?.severity).toBe('information')
})

describe('messages that are not read here', () => {
  const known = {
    sections: [section({ section: 'uncategorised', unprocessed: 2 }), section({ unprocessed: 1 })]
  }

  test('are told with their number, and warn', () => {
    expect(told(known)).toMatch(
      /ago\. It sent 3 messages of a kind that is not read here: look in its own system for what happened\.$/
    )
    const { issue } = completenessToOutcome({ sources: [state(known)], general: [] }, now)
    expect(issue[0]).toMatchObject({ severity: 'warning', code: 'incomplete' })
    expect(JSON.stringify(issue)).toContain('{"url":"unprocessed","valueUnsignedInt":2}')
  })

  test('are one message when there is one', () => {
    expect(told({ sections: [section({ unprocessed: 1 })] })).toContain('It sent 1 message of')
  })

  test('are not “nothing recorded”', () => {
    const empty = section({ state: 'empty', unprocessed: 1 })
    expect(state({ sections: [empty] }).codes).toEqual(['sends', 'stored', 'unprocessed-messages'])
    expect(told({ sections: [empty] })).toContain('Nothing returned, which does not mean none: allergies.')
  })
})

test('what was reported of another person is told with where it stood', () => {
  const known = { sections: [section({ section: 'investigations', wrongPatient: 1 })] }
  expect(state(known).codes).toEqual(['sends', 'stored', 'wrong-patient'])
  expect(told(known)).toMatch(
    /It says that something it reported \(investigations\) was of another person; that is no longer shown\. Do not rely on what was seen of it before\.$/
  )
})
