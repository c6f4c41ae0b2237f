import { describe, expect, test } from 'vitest'
import { createValidator } from '../../../fhir-validator/src/index.ts'
// Read as Chesil reads it; this package does not depend on the mappers.
import { itk3ToContributions, readItk3Message } from '../../../mappers/src/index.ts'
import {
  createPeople,
  createPractices,
  createTrusts,
  dischargeDocument,
  dischargeIssues,
  type Person,
  type Trust
} from '../../src/index.ts'

const [person] = createPeople({ seed: 'demo', count: 1, practices: createPractices(2) }).slice(-1) as [Person]
const [trust] = createTrusts(1) as [Trust]
const tell = (issue: (typeof dischargeIssues)[number]) =>
  dischargeDocument(person, { seed: 'demo', trust, asAt: '2026-11-21', issue })

function mapped(issue: (typeof dischargeIssues)[number]) {
  const message = readItk3Message(tell(issue).xml)
  if (!message) throw new Error('not an ITK3 message')
  const answer = itk3ToContributions(message, {
    source: {
      id: 'itk3-r9z',
      odsCode: 'R9Z',
      name: trust.name,
      patientNumberSystem: 'https://chesil.example/Id/R9Z',
      patientNumberAuthorities: []
    },
    receivedAt: '2026-11-22T09:00:00Z',
    personId: () => 'a3b1c2d4-0000-4000-8000-000000000001',
    resourceId: (type, id) => `${type}-${id}`.replaceAll(/[^A-Za-z0-9-]/g, '-').slice(0, 64)
  })
  const part = answer.outcome === 'mapped' ? answer.parts[0] : undefined
  return { message, answer, part }
}

describe.each(dischargeIssues)('the %s discharge summary', (issue) => {
  test('is the same each time, and a message of its sender', () => {
    expect(tell(issue)).toEqual(tell(issue))
    const { message } = mapped(issue)
    expect(message).toMatchObject({ kind: 'message', event: 'ITK007C', sender: 'R9Z' })
    expect(message.acknowledge).toEqual({ infrastructure: true, business: true })
  })

  test('is about the person, and every resource of it is valid', () => {
    const { part } = mapped(issue)
    expect(part?.subject).toMatchObject({ nhsNumber: person.nhsNumber, birthDate: person.birthDate })
    expect(part?.contribution.quarantined).toEqual([])
    const { validate } = createValidator()
    const issues = part?.contribution.entries.flatMap(({ resource }) => (resource ? validate(resource) : []))
    expect(issues).toEqual([])
  })
})

test('medicines are new, changed, kept and stopped', () => {
  expect(tell('first').medicines.map(({ change }) => change)).toEqual([
    'Added',
    'Amended',
    'Continued',
    'Stopped',
    'Continued'
  ])
  const told = JSON.stringify(mapped('first').part?.contribution.entries)
  for (const { display } of tell('first').medicines) expect(told).toContain(display)
})

test('a replacement is another document, and names the one whose place it takes', () => {
  expect(tell('replacement').replaces).toBe(tell('first').documentId)
  expect(mapped('replacement').part?.contribution.wholeParts).toEqual([
    `document/${tell('replacement').documentId}`,
    `document/${tell('first').documentId}`
  ])
})

test('a withdrawn one takes everything of the first away', () => {
  expect(tell('withdrawn').documentId).toBe(tell('first').documentId)
  const { part } = mapped('withdrawn')
  expect(part?.contribution.entries.map(({ resourceType }) => resourceType)).toEqual(['DocumentReference'])
})
