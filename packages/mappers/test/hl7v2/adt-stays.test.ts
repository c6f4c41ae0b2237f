import { chesil, type Encounter, ukCoreExtension } from '@chesil/fhir'
import { describe, expect, test } from 'vitest'
import { entriesOf, foldAll, folded, mapped, message, partOf, pid, stay } from './sending.ts'

const encounter = (...texts: readonly string[]) => folded<Encounter>('Encounter', ...texts)
const nameOf = (text: string) => entriesOf(partOf(text).contribution, 'Encounter')[0]?.sourceResourceId

const admitted = stay('A01', '00', 'PV1|1|I|W1^R1^B1^RZZ01|21')
const moved = stay('A02', '10', 'PV1|1|I|W2^R2^B2^RZZ01')
const discharged = stay(
  'A03',
  '30',
  `PV1|1|I|W2^R2^B2^RZZ01${'|'.repeat(33)}1|19${'|'.repeat(8)}202611011025`
)

describe('each trigger', () => {
  test.each([
    ['A01', 'I', 'in-progress', 'IMP'],
    ['A04', 'O', 'arrived', 'AMB'],
    ['A04', 'E', 'arrived', 'EMER'],
    ['A04', 'I', 'in-progress', 'IMP'],
    ['A05', 'P', 'planned', 'PRENC'],
    ['A06', 'I', 'in-progress', 'IMP'],
    ['A07', 'O', 'in-progress', 'AMB'],
    ['A03', 'I', 'finished', 'IMP'],
    ['A11', 'I', 'cancelled', 'IMP'],
    ['A38', 'P', 'cancelled', 'PRENC'],
    ['A21', 'I', 'onleave', 'IMP'],
    ['A22', 'I', 'in-progress', 'IMP'],
    ['A08', 'I', 'unknown', 'IMP'],
    ['A02', 'I', 'in-progress', 'IMP'],
    ['A12', 'I', 'unknown', 'IMP'],
    ['A13', 'I', 'in-progress', 'IMP']
  ])('%s of class %s is %s', (trigger, code, status, expected) => {
    expect(encounter(stay(trigger, '00', `PV1|1|${code}|W1`))).toMatchObject({
      status,
      class: { code: expected }
    })
  })

  test('A08 does not say how the stay stands, where others did', () => {
    const update = stay('A08', '40', `PV1|1|I|W2${'|'.repeat(41)}202611010955`)
    expect(encounter(admitted, discharged, update).status).toBe('finished')
    expect(encounter(update).status).toBe('in-progress')
  })

  test('A01, A02, A03: where the stay was, and when', () => {
    expect(encounter(admitted, moved, discharged)).toMatchObject({
      status: 'finished',
      statusHistory: [{ status: 'in-progress' }],
      period: { start: '2026-11-01T10:00:00+00:00', end: '2026-11-01T10:25:00+00:00' },
      location: [
        {
          location: { display: 'W1, R1, B1' },
          status: 'completed',
          period: { end: '2026-11-01T10:10:00+00:00' }
        },
        {
          location: { display: 'W2, R2, B2' },
          status: 'completed',
          period: { end: '2026-11-01T10:25:00+00:00' }
        }
      ]
    })
  })

  test('A11 after A01: the stay is cancelled, and remembers', () => {
    expect(encounter(admitted, stay('A11', '20'))).toMatchObject({
      status: 'cancelled',
      statusHistory: [{ status: 'in-progress' }]
    })
  })

  test('A12 after A02: the stay was never moved', () => {
    const { location } = encounter(admitted, moved, stay('A12', '20', 'PV1|1|I|W1^R1^B1^RZZ01'))
    expect(location?.map((place) => place.location.display)).toEqual(['W1, R1, B1'])
  })

  test('A13 after A03: the stay goes on, without an end', () => {
    const found = encounter(
      admitted,
      discharged,
      stay('A13', '40', `PV1|1|I|W2${'|'.repeat(42)}202611011025`)
    )
    expect(found.status).toBe('in-progress')
    expect(found.period).toEqual({ start: '2026-11-01T10:00:00+00:00' })
    expect(found).not.toHaveProperty('extension')
    expect(found.hospitalization).not.toHaveProperty('dischargeDisposition')
  })

  test('A06 and A07: the class changes, and the stay remembers', () => {
    expect(encounter(stay('A04', '00', 'PV1|1|O|W1'), stay('A06', '10', 'PV1|1|I|W1'))).toMatchObject({
      class: { code: 'IMP' },
      classHistory: [{ class: { code: 'AMB' } }]
    })
  })

  test('A17: two people swap their places', () => {
    const swap = message(
      'A17',
      'EVN||2026',
      pid,
      'PV1|1|I|W2||||||||||||||||77',
      'PID|2||888',
      'PV1|1|I|W1||||||||||||||||78'
    )
    const { parts } = mapped(swap)
    expect(parts.map(({ subject }) => subject.local.value)).toEqual(['12345', '888'])
    const places = [...foldAll([swap])].filter(([name]) => name.startsWith('Encounter/visit'))
    expect(places.map(([name, item]) => [name, (item as Encounter).location?.[0]?.location.display])).toEqual(
      [
        ['Encounter/visit/77', 'W2'],
        ['Encounter/visit/78', 'W1']
      ]
    )
  })

  test('A23: the stay goes, with all that belongs to it', () => {
    const { contribution } = partOf(stay('A23', '40'))
    expect(contribution.wholeParts).toEqual(['visit/77'])
    expect(
      [...foldAll([admitted, stay('A23', '40')]).keys()].filter((name) => name.startsWith('Encounter'))
    ).toEqual([])
  })

  test.each(['A28', 'A31'])('%s tells of a stay only by its number', (trigger) => {
    expect(
      nameOf(message(trigger, pid, 'PV1|1|I|W1||||||||||||||||||||||||||||||||||||||||||20261101'))
    ).toBeUndefined()
    expect(nameOf(stay(trigger, '00'))).toBe('visit/77')
  })
})

describe('a stay is called', () => {
  test.each([
    ['by its number', 'PV1|1|I|W1||||||||||||||||77^^^VISITID', 'visit/77'],
    ['by its account', 'PV1|1|I|W1', 'account/A9']
  ])('%s', (_, visit, expected) => {
    expect(nameOf(message('A08', `${pid}||||||||||A9`, visit))).toBe(expected)
  })

  test('by the person, its beginning and its class', () => {
    const visit = `PV1|1|i|W1${'|'.repeat(41)}202611010955`
    const name = `stay/${chesil.patientNumber('RZZ')}|12345|2026-11-01T09:55:00+00:00|I`
    expect([nameOf(message('A01', pid, visit)), nameOf(message('A03', pid, `${visit}00|2026`))]).toEqual([
      name,
      name
    ])
  })

  test('by the time of its admission, where nothing else is said', () => {
    expect(nameOf(message('A01', 'EVN||202611010955', pid, 'PV1|1|I'))).toContain(
      '2026-11-01T09:55:00+00:00|I'
    )
  })

  test.each(['A02', 'A03', 'A11', 'A13'])('by nothing: %s is reported as unprocessed', (trigger) => {
    const { contribution } = partOf(message(trigger, pid, 'PV1|1|I|W1'))
    expect(entriesOf(contribution, 'Encounter')).toEqual([])
    expect(contribution.quarantined).toEqual([
      {
        reason: 'unprocessed-message',
        resourceType: 'MessageHeader',
        sections: ['admissions'],
        expression: `ADT^${trigger}`
      }
    ])
  })
})

test('what PV1 and PV2 say, as UK Core has it', () => {
  const people = 'C1234567^Hill^Sam^^^Dr^^^GMC|G7654321^Lane^Jo^^^Dr|7654321^Bay^Al^^^^^GMC~x9^Reed^Di'
  const visit = `PV1|1|I|W1^R1^B1|21|P5||${people}|300||||19|||C1234567^Hill^Sam|ELECTIVE`
  const found = encounter(stay('A01', '00', visit, 'PV2|||Chest pain'))
  const method = {
    coding: [{ system: 'https://fhir.hl7.org.uk/CodeSystem/UKCore-AdmissionMethodEngland', code: '21' }]
  }
  expect(found).toMatchObject({
    serviceProvider: { identifier: { value: 'RZZ' } },
    identifier: [{ system: chesil.localId('RZZ', 'visit-number'), value: '77' }],
    serviceType: { coding: [{ code: '300' }] },
    type: [{ text: 'ELECTIVE' }],
    reasonCode: [{ text: 'Chest pain' }],
    hospitalization: {
      preAdmissionIdentifier: { value: 'P5' },
      admitSource: { coding: [{ code: '19' }], text: 'Usual place of residence' },
      extension: [{ url: ukCoreExtension('AdmissionMethod'), valueCodeableConcept: method }]
    }
  })
  const who = found.participant?.map(({ type, individual }) => [
    type?.[0]?.coding?.[0]?.code,
    individual?.identifier
  ])
  expect(who).toEqual([
    ['ADM', { system: 'https://fhir.hl7.org.uk/Id/gmc-number', value: 'C1234567' }],
    ['ATND', { system: 'https://fhir.hl7.org.uk/Id/gmc-number', value: 'C1234567' }],
    ['CON', { system: 'https://fhir.hl7.org.uk/Id/gmc-number', value: '7654321' }],
    ['CON', { system: chesil.localId('RZZ', 'practitioner'), value: 'x9' }],
    ['REF', { system: 'https://fhir.hl7.org.uk/Id/gmp-number', value: 'G7654321' }]
  ])
})

test('discharge: how, where to', () => {
  const found = encounter(discharged)
  expect(found.extension?.[0]?.url).toBe(ukCoreExtension('DischargeMethod'))
  expect(found.hospitalization?.dischargeDisposition?.coding?.[0]?.code).toBe('19')
})

test('an empty field changes nothing, and "" takes back', () => {
  const consultant = stay('A01', '00', 'PV1|1|I|W1||||C1234567^Hill^Sam')
  expect(encounter(consultant, stay('A08', '10', 'PV1|1|||')).participant).toHaveLength(1)
  const found = encounter(consultant, stay('A08', '10', 'PV1|1|""|""||||""'))
  expect(found).not.toHaveProperty('participant')
  expect(found).not.toHaveProperty('location')
  expect(found.class.code).toBe('UNK')
})

test('a class without a meaning is kept as text, and marks the stay until a message has none', () => {
  const odd = encounter(stay('A01', '00', 'PV1|1|Q^Quiet'))
  expect(odd.class.code).toBe('UNK')
  expect(odd.text?.div).toContain('Class as sent: Q^Quiet')
  expect(odd.meta?.tag?.map(({ code }) => code)).toContain('degraded')
  const mended = encounter(stay('A01', '00', 'PV1|1|Q'), stay('A08', '10', 'PV1|1|I'))
  expect(mended).not.toHaveProperty('text')
  expect(mended.meta?.tag?.map(({ code }) => code)).not.toContain('degraded')
})
