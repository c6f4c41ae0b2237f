import { describe, expect, test } from 'vitest'
import { after, codes, entry, type Notice, names, notice, ordersOf } from './message.ts'

const on = (day: number, overrides: Notice = {}): string =>
  notice({ at: `2026-03-0${day}T10:00:00+00:00`, header: `header-${day}`, ...overrides })
const saying = (words: string): string => `<description value="${words}"/>`
const answering = (question: string, value: string): string[] => [
  entry(
    'QuestionnaireResponse',
    'q',
    `<status value="completed"/><group><question><text value="${question}"/><answer>${value}</answer></question></group>`
  )
]
const concerns = 'Are there any safeguarding concerns associated with the patient?'

/** Labels of the request for an assessment after these messages, the same in whatever order they come. */
function labelsAfter(...messages: readonly string[]): readonly string[] {
  const [first = [], ...others] = ordersOf(messages).map((order) => {
    const security: { code: string }[] = after(order)[names.assessment]?.['meta'].security ?? []
    return [...new Set(security.map(({ code }) => code))].sort()
  })
  for (const other of others) expect(other).toEqual(first)
  return first
}

describe('a request is labelled by what it shows', () => {
  test('by its note', () => {
    const words = 'safeguarding enquiry open. Dog, two to visit. Released from prison'
    expect(labelsAfter(on(1, { description: saying(words) }))).toEqual([
      'home-warning',
      'prison',
      'safeguarding'
    ])
    expect(labelsAfter(on(1, { description: saying('Lives alone') }))).toEqual([])
  })

  test('by a question that is answered with yes, and not with no', () => {
    expect(labelsAfter(on(1, { entries: answering(concerns, '<valueBoolean value="true"/>') }))).toEqual([
      'safeguarding'
    ])
    expect(labelsAfter(on(1, { entries: answering(concerns, '<valueBoolean value="false"/>') }))).toEqual([])
    const other = '<valueString value="Injects heroin"/>'
    expect(labelsAfter(on(1, { entries: answering('Other needs', other) }))).toEqual(['substance-misuse'])
  })

  test('by the reason of an answer', () => {
    const rejected = on(2, { event: codes.assessmentReject, reason: 'Asylum seeker: not ours' })
    expect(labelsAfter(on(1), rejected)).toEqual(['asylum'])
  })
})

test('what another message says otherwise takes its label along', () => {
  const first = on(1, { description: saying('Large dog') })
  expect(labelsAfter(first, on(2, { description: saying('Dog was given away to a refugee') }))).toEqual([
    'asylum',
    'home-warning'
  ])
  expect(labelsAfter(first, on(2, { description: saying('Lives alone') }))).toEqual([])
  expect(labelsAfter(first, on(2))).toEqual([])
})

test('what an answer does not show for it came too late labels nothing', () => {
  const withdrawn = on(2, { event: codes.withdrawal })
  const late = on(3, { event: codes.assessmentReject, reason: 'In prison' })
  expect(labelsAfter(on(1), withdrawn, late)).toEqual([])
})

test('a stay is labelled by its place', () => {
  const xml = on(1).replace('Collier Ward', 'HMP Portland, healthcare')
  const security: { code: string }[] = after([xml])[names.stay]?.['meta'].security
  expect(security.map(({ code }) => code)).toEqual(['prison'])
})
