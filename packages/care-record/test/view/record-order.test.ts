import { compareInRecord, inRecordOrder } from '@chesil/care-record'
import fc from 'fast-check'
import { expect, test } from 'vitest'

const item = fc.record({
  resourceType: fc.constantFrom('Patient', 'Medication', 'MedicationRequest', 'AllergyIntolerance'),
  resourceId: fc.uuid()
})

test('a record is put in the order in which two items are compared', () => {
  fc.assert(
    fc.property(fc.uniqueArray(item, { selector: ({ resourceId }) => resourceId }), fc.nat(), (items, at) => {
      const person = items.find(({ resourceType }, place) => place >= at && resourceType === 'Patient')
      const id = person?.resourceId ?? 'somebody'
      expect(inRecordOrder(items, id)).toEqual(items.toSorted((a, b) => compareInRecord(a, b, id)))
    })
  )
})
