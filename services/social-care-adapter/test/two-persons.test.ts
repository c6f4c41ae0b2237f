import { type CldColumn, careOf, careToPart, type MessageContext, readCldRow } from '@chesil/mappers'
import { personIdOf, resourceIdOf } from '@chesil/record-store'
import fc from 'fast-check'
import { expect, test } from 'vitest'

const context: MessageContext = {
  source: {
    id: 'dorset-council',
    odsCode: '810',
    name: 'Dorset Council',
    patientNumberSystem: 'https://chesil.example/fhir/Id/810/patient-number',
    patientNumberAuthorities: []
  },
  receivedAt: '2025-07-05T09:00:00.000Z',
  personId: personIdOf,
  resourceId: (type, name) => resourceIdOf('dorset-council', type, name)
}
const period = { start: '2025-04-01', end: '2025-06-30' }
const submissions = [{ id: 's1', period, sequence: 1 }]

/** The same of everybody: home care from one day, a reason, a need, somebody cared for, a bed. */
const alike: Readonly<Partial<Record<CldColumn, string>>> = {
  LA_Code: '810',
  Reporting_Period_Start_Date: period.start,
  Reporting_Period_End_Date: period.end,
  Client_Type: 'Service user',
  Primary_Support_Reason: 'Physical support: Personal care support',
  Dementia: 'Yes',
  Event_Start_Date: '2024-01-15',
  Adult_1_Linked_Person_ID: 'P7',
  Provider_CQC_Location_Name: 'Shingle Care',
  Provider_CQC_Location_ID: '1-123456789',
  Event_Description: 'Large dog'
}
const events: readonly Partial<Record<CldColumn, string>>[] = [
  { Event_Type: 'Service', Service_Component: 'Home support' },
  { Event_Type: 'Service', Service_Component: 'Equipment' },
  { Event_Type: 'Request', Event_End_Date: '2025-05-01' },
  { Event_Type: 'Assessment', Event_End_Date: '2025-05-01' },
  { Event_Type: 'Review', Event_End_Date: '2025-05-01' }
]

function itemsOf(value: string) {
  const rows = events.flatMap((event) => {
    const cells = { ...alike, ...event, LA_Person_Unique_Identifier: value }
    const reading = readCldRow((column) => cells[column] ?? '')
    return reading.outcome === 'row' ? [reading.row] : []
  })
  const local = { system: context.source.patientNumberSystem, value }
  return careToPart(local, careOf(submissions, [{ submissionId: 's1', rows }]), context).contribution.entries
}

test('two people of a council with the same care from the same day share no item', () => {
  const [one, other] = [itemsOf('P1'), itemsOf('P2')]
  expect(one.length).toBeGreaterThan(7)
  const ids = [...one, ...other].map(({ resource }) => resource?.id)
  expect(new Set(ids).size).toBe(ids.length)
})

test('nor do any two, whatever their numbers hold', () => {
  const number = fc.string({
    unit: fc.constantFrom('P', '1', '|', '/', '"', '\\', ']', ',', '~'),
    minLength: 1
  })
  fc.assert(
    fc.property(number, number, (a, b) => {
      fc.pre(a.trim() !== b.trim())
      const names = [itemsOf(a), itemsOf(b)].map(
        (entries) => new Set(entries.map(({ sourceResourceId }) => sourceResourceId))
      )
      expect([...(names[0] ?? [])].filter((name) => names[1]?.has(name))).toEqual([])
    })
  )
})

test('an item is found under the name that its id is made of', () => {
  for (const { resource, resourceType, sourceResourceId } of itemsOf('P1'))
    expect(resource?.id).toBe(resourceIdOf('dorset-council', resourceType, sourceResourceId))
})
