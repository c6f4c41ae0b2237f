import { createHash } from 'node:crypto'
import { type Contribution, gpSections } from '@chesil/contracts'
import type { Resource } from '@chesil/fhir'
import { describe, expect, test } from 'vitest'
import { ipsProblems } from '../../../../tests/support/ips-rules.ts'
// By their paths: the package itself may depend on fhir and contracts alone.
import { structuredRecordToContribution } from '../../../mappers/src/index.ts'
import { areHere, filesIn, orSkip, readRecord } from '../../../mappers/test/on-disk.ts'
import { createPeople, createPractices, structuredRecord } from '../../../synthetic/src/index.ts'
import { type RecordItem, sectionsSpokenFor, summaryTypes } from '../../src/index.ts'
import { source, statement } from '../builders.ts'
import { expectValid } from '../valid.ts'
import { keysOf, personId, sectionOf, stateOf, summaryOf } from './summarising.ts'

const asked = gpSections.filter((section) => section !== 'documents')

function contributionOf(
  answer: unknown,
  person: Parameters<typeof structuredRecordToContribution>[1]['person']
) {
  const mapped = structuredRecordToContribution(answer, {
    source: { id: 'gp-hill', odsCode: 'A81001', name: 'Hill Surgery' },
    person,
    patientId: personId,
    asAt: '2026-11-22T09:00:00.000Z',
    asked,
    resourceId: (type, name) => createHash('sha256').update(`${type} ${name}`).digest('hex').slice(0, 32)
  })
  if (mapped.outcome === 'refused') throw new Error(`Refused: ${mapped.reason}`)
  return mapped.contribution
}

function summaryOfRecord({ entries, sections }: Contribution) {
  const all = entries.flatMap(({ resource, sections: stands }): RecordItem[] =>
    resource
      ? [{ key: `${resource.resourceType}/${resource.id}`, resource, sourceId: 'gp-hill', sections: stands }]
      : []
  )
  const items = all.filter(({ resource }) => summaryTypes.has(resource.resourceType))
  const hill = statement({ sections: sections.map((one) => ({ ...one, quarantined: 0, degraded: 0 })) })
  const bundle = summaryOf(items, {
    others: all.map(({ resource }) => resource),
    completeness: { sources: [hill], general: [] },
    speakers: [{ statement: hill, sections: sectionsSpokenFor(source()) }]
  })
  return { bundle, items }
}

function expectSound(bundle: ReturnType<typeof summaryOf>): void {
  expect(ipsProblems(bundle)).toEqual([])
  expectValid(bundle)
  for (const { resource } of bundle.entry ?? []) expectValid(resource as Resource)
}

const seed = 'summary'
const practices = createPractices(2)
const [practice] = practices
const ordinary = createPeople({ seed, count: 40, practices }).filter(({ kind }) => kind === 'ordinary')

test.each(ordinary.slice(0, 12))('the summary of a made-up record is sound: $nhsNumber', (person) => {
  if (!practice) throw new Error('There is no practice')
  const record = structuredRecord(person, {
    seed,
    size: 400,
    asAt: '2026-01-01',
    practice,
    baseUrl: 'https://gp.test'
  })
  const { nhsNumber, birthDate, name } = person
  const { bundle, items } = summaryOfRecord(
    contributionOf(record, { nhsNumbers: [nhsNumber], birthDate, family: name.family, given: name.given })
  )
  expectSound(bundle)
  // Whatever is an allergy stands in the summary.
  const allergies = items.filter(({ resource }) => resource.resourceType === 'AllergyIntolerance')
  expect(keysOf(bundle, '48765-2')).toEqual(expect.arrayContaining(allergies.map(({ key }) => key)))
  const isNil = JSON.stringify(allergies).includes('716186003')
  expect(stateOf(bundle, '48765-2') === 'none-known').toBe(isNil)
  expect(JSON.stringify(sectionOf(bundle, '48765-2')).includes('None known')).toBe(isNil)
})

describe.skipIf(!areHere)(areHere ? 'the summary of a real record is sound:' : orSkip, () => {
  // One of the files is the answer to a search, and no record.
  const records = filesIn('structured-records').filter((file) => !file.startsWith('patientWithNo'))
  test.each(records)('%s', (file) => {
    const { record, context } = readRecord('structured-records', file)
    const { bundle } = summaryOfRecord(contributionOf(record, context.person))
    expectSound(bundle)
  })
})
