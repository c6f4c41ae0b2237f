import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { cldColumns, eventKey, readCldRow, readDay } from '../../src/index.ts'
import { read, row } from './reading.ts'

describe('a row', () => {
  test('is read in the words of release 2, whichever release it is of', () => {
    const first = row({
      Primary_Support_Reason: 'Social Support: Support to Carer',
      Client_Type: 'Carer',
      Service_Type: 'Carer Support: Direct to Carer'
    })
    expect(first.values).toMatchObject({
      Primary_Support_Reason: 'Social support: Support to unpaid carer',
      Client_Type: 'Unpaid carer',
      Service_Type: 'Unpaid carer support: Direct to unpaid carer'
    })
    expect(first.doubts).toEqual([])
  })

  test('keeps a value that is not listed, and flags it', () => {
    const { values, doubts } = row({ Service_Component: 'Befriending', Planned_units_per_week: '-3' })
    expect(values).toMatchObject({ Service_Component: 'Befriending', Planned_units_per_week: '-3' })
    expect(doubts).toEqual([
      { column: 'Service_Component', kind: 'not-listed' },
      { column: 'Planned_units_per_week', kind: 'not-a-number' }
    ])
  })

  test('holds no costs, but whether they are by the hour', () => {
    expect(JSON.stringify(row())).not.toContain('21.50')
    expect(row().isHourly).toBe(true)
    expect(row({ Cost_Frequency_Unit_Type: 'Hourly £21.50' })).not.toHaveProperty('isHourly')
  })

  test('is on one line, without what no text can hold', () => {
    const description = 'Key safe\u0000 by  the\r\n\tback\u00a0door '
    expect(row({ Event_Description: description }).values.Event_Description).toBe('Key safe by the back door')
  })

  test.each(['NULL', 'null', 'N/A', '#N/A', ' '])('is silent where it says %j', (blank) => {
    const { values, doubts, nhsNumber } = row({
      NHS_Number: blank,
      Dementia: blank,
      Planned_units_per_week: blank
    })
    expect({ values, doubts, nhsNumber }).toMatchObject({ doubts: [], nhsNumber: undefined })
    expect(values).not.toHaveProperty('Dementia')
    expect(read({ NHS_Number: blank, LA_Person_Unique_Identifier: blank })).toMatchObject({
      reason: 'no-person'
    })
  })

  test.each(['9999-12-31', '31/02/2025', '01/01/2101'])(
    'keeps %s, which is no date, and flags it',
    (said) => {
      const { end, values, doubts } = row({ Event_End_Date: said })
      expect({ end, values, doubts }).toMatchObject({
        end: undefined,
        values: { Event_End_Date: said },
        doubts: [{ column: 'Event_End_Date', kind: 'not-a-date' }]
      })
    }
  )

  test('whose number of the person holds a line break is rejected: on one line it would be another’s', () => {
    expect(read({ LA_Person_Unique_Identifier: 'P\n1' })).toMatchObject({
      reason: 'person-number-unreadable'
    })
    expect(row({ LA_Person_Unique_Identifier: 'P  1' }).laPersonId).toBe('P  1')
  })

  test('with a route or a kind of assessment of the council’s own is not doubted: no list of them is whole', () => {
    expect(row({ Request_Route_of_Access: 'By pigeon', Assessment_Type: 'Short' }).doubts).toEqual([])
  })

  test.each([
    ['without any number of the person', { NHS_Number: '', LA_Person_Unique_Identifier: '' }, 'no-person'],
    [
      'with a false NHS number and no other',
      { NHS_Number: '9990000019', LA_Person_Unique_Identifier: '' },
      'no-person'
    ],
    ['of no kind that there is', { Event_Type: 'Visit' }, 'no-event-type'],
    ['without a day on which it began', { Event_Start_Date: '31/02/2025' }, 'no-start'],
    ['that ends before it begins', { Event_End_Date: '2024-01-14' }, 'ends-before-it-starts'],
    ['of no period', { Reporting_Period_End_Date: '2025-03-31' }, 'no-period'],
    ['with a value without end', { Event_Description: 'x'.repeat(4_001) }, 'too-long']
  ])('%s is rejected', (_what, changes, reason) => {
    expect(read(changes)).toMatchObject({ outcome: 'rejected', reason })
  })

  test('with a false NHS number stands under the council’s own', () => {
    const { nhsNumber, laPersonId, doubts } = row({ NHS_Number: '9990000019' })
    expect({ nhsNumber, laPersonId }).toEqual({ nhsNumber: undefined, laPersonId: 'P1' })
    expect(doubts).toEqual([{ column: 'NHS_Number', kind: 'not-a-number-of-the-nhs' }])
  })

  test('keeps its end as it was said: whether a death ends it, all that is known of the person decides', () => {
    expect(row({ Date_of_Death: '2025-05-02' })).not.toHaveProperty('end')
    expect(row({ Date_of_Death: '2025-05-02', Event_End_Date: '2025-06-01' }).end).toBe('2025-06-01')
    expect(row({ Date_of_Death: '2024-01-01' })).toMatchObject({
      doubts: [{ column: 'Event_Start_Date', kind: 'after-death' }]
    })
  })

  test('that is no service has an end, else it is flagged', () => {
    expect(row({ Event_Type: 'Assessment' }).doubts).toEqual([{ column: 'Event_End_Date', kind: 'no-end' }])
  })

  test('whatever stands in its cells is read or rejected, and never shown as a date that it is not', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.constantFrom(...cldColumns), fc.string()), (cells) => {
        const reading = readCldRow((column) => cells[column] ?? '')
        if (reading.outcome === 'rejected') return
        for (const day of [reading.row.start, reading.row.end, reading.row.birthDate])
          expect(day ?? '2000-01-01').toMatch(/^\d{4}-\d{2}-\d{2}$/)
      })
    )
  })
})

describe('a day', () => {
  test.each([
    ['2025-06-30', '2025-06-30'],
    ['30/06/2025', '2025-06-30'],
    ['1/6/2025', '2025-06-01'],
    ['2025-06-30 00:00:00.000', '2025-06-30'],
    ['31/06/2025', undefined],
    ['2100-12-31', '2100-12-31'],
    ['2101-01-01', undefined],
    ['9999-12-31', undefined],
    ['06/30/2025', undefined],
    ['30/06/25', undefined],
    ['45838', undefined],
    ['=TODAY()', undefined],
    ['', undefined]
  ])('%s', (cell, day) => {
    expect(readDay(cell)).toBe(day)
  })
})

describe('the key of an event', () => {
  test('of a service is not changed by its end, its units or the number it has in the file', () => {
    const changes = { Event_End_Date: '2025-06-01', Planned_units_per_week: '7', Event_Reference: 'E9' }
    expect(eventKey(row(changes))).toBe(eventKey(row()))
  })

  test.each([
    ['its beginning', { Event_Start_Date: '2024-01-16' }],
    ['its component', { Service_Component: 'Day support' }],
    ['its type', { Service_Type: 'Short term support: ST-Max' }],
    ['whom it is for', { Client_Type: 'Unpaid carer' }]
  ])('of a service is another with %s', (_what, changes) => {
    expect(eventKey(row(changes))).not.toBe(eventKey(row()))
  })

  test('of an assessment is another with its end and its type', () => {
    const assessment = {
      Event_Type: 'Assessment',
      Event_End_Date: '2025-06-01',
      Assessment_Type: 'Long term'
    }
    const keys = [
      {},
      { Event_End_Date: '2025-06-02' },
      { Assessment_Type: 'Short term' },
      { Event_Type: 'Review' }
    ]
    expect(new Set(keys.map((changes) => eventKey(row({ ...assessment, ...changes })))).size).toBe(4)
  })

  test.each([
    ['Request', 'Request_Route_of_Access', 'Planned Entry (Transition)', 'Planned entry (transition)'],
    ['Request', 'Request_Route_of_Access', 'Community / Other route', 'Community or other route'],
    ['Request', 'Request_Route_of_Access', 'Discharge from Hospital', 'Discharge from hospital'],
    ['Assessment', 'Assessment_Type', 'Carers Assessment', 'Unpaid carer assessment'],
    ['Assessment', 'Assessment_Type', 'Long Term Assessment', 'Long term assessment']
  ])('of a %s is the same in both releases: %s %s', (Event_Type, column, first, second) => {
    const keys = [first, second].map((value) =>
      eventKey(row({ Event_Type, Event_End_Date: '2025-06-01', [column]: value }))
    )
    expect(keys[0]).toBe(keys[1])
  })

  test('is not changed by a death that is told later', () => {
    const review = { Event_Type: 'Review', Event_End_Date: '2025-06-01' }
    expect(eventKey(row({ ...review, Date_of_Death: '2025-05-20' }))).toBe(eventKey(row(review)))
  })
})
