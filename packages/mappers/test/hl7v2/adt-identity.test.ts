import { chesil, type Encounter } from '@chesil/fhir'
import { describe, expect, test } from 'vitest'
import { hl7v2ToContributions } from '../../src/hl7v2/hl7v2-to-contribution.ts'
import { foldAll, mapped, message, partOf, sending } from './sending.ts'

const system = chesil.patientNumber('RZZ')
const local = (value: string) => ({ system, value })
const claimed = { system: chesil.claimedNhsNumber('RZZ'), value: '9434765919' }
const conflict = (expression: string) => [
  { reason: 'identity-conflict', resourceType: 'Patient', sections: ['demographics'], expression }
]

describe('merges', () => {
  test.each(['A18', 'A30', 'A34', 'A36', 'A39', 'A40', 'A43', 'A46', 'A47', 'A48'])(
    '%s: the number of MRG-1 is the person of PID-3',
    (trigger) => {
      const part = partOf(message(trigger, 'PID|1||7', 'MRG|8'))
      expect(part.subject.local).toEqual(local('7'))
      expect(part.identity).toEqual([{ kind: 'merge', from: local('8'), into: local('7') }])
      expect(part.contribution.quarantined).toEqual([])
    }
  )

  test('of the numbers in MRG-1 the one that would be the person’s, whatever stands beside it', () => {
    const { identity } = partOf(
      message('A40', 'PID|1||7^^^RZZ', 'MRG|S1^^^^SS~9^^^LAB~943 476 5919^^^NHS~8^^^PAS^MR')
    )
    expect(identity).toEqual([{ kind: 'merge', from: local('8'), into: local('7') }])
  })

  test('the older fields of MRG, where the list is empty', () => {
    expect(partOf(message('A34', 'PID|1||7', 'MRG||||8')).identity).toMatchObject([{ from: local('8') }])
  })

  test('several in one message, for several people', () => {
    const { parts } = mapped(message('A40', 'PID|1||7', 'MRG|8', 'PID|2||5', 'PD1', 'MRG|6', 'PV1|1|I'))
    expect(parts.map(({ identity }) => identity)).toEqual([
      [{ kind: 'merge', from: local('8'), into: local('7') }],
      [{ kind: 'merge', from: local('6'), into: local('5') }]
    ])
  })

  test('several in one message, for one person', () => {
    const part = partOf(message('A40', 'PID|1||7', 'MRG|8', 'PID|2||7', 'MRG|9'))
    expect(part.identity.map(({ from }) => from)).toEqual([local('8'), local('9')])
    expect(part.contribution.entries).toHaveLength(1)
  })

  test.each([
    ['with itself', 'PID|1||7^^^RZZ^MR', 'MRG|7^^^PAS'],
    ['with nobody', 'PID|1||7', 'MRG|""'],
    ['without MRG', 'PID|1||7', 'PV1|1|I'],
    ['of an NHS number with a number of the trust’s', 'PID|1||7', 'MRG|9434765919^^^NHS']
  ])('%s are not stated, and reported', (_, pid, merge) => {
    const part = partOf(message('A40', pid, merge))
    expect(part.identity).toEqual([])
    expect(part.contribution.quarantined).toEqual(conflict('MRG-1'))
  })

  test('of two claimed NHS numbers are stated: PDS decides', () => {
    const { identity } = partOf(message('A40', 'PID|1||9434765919^^^NHS', 'MRG|9434765870^^^NHS'))
    expect(identity).toEqual([{ kind: 'merge', from: { ...claimed, value: '9434765870' }, into: claimed }])
  })
})

describe('links', () => {
  test.each([
    ['A24', 'link'],
    ['A37', 'unlink']
  ])('%s: the two people of the message', (trigger, kind) => {
    const { parts } = mapped(message(trigger, 'PID|1||7', 'PV1|1|I', 'PID|2||8'))
    expect(parts.map(({ subject, identity }) => [subject.local.value, identity])).toEqual([
      ['7', [{ kind, from: local('8'), into: local('7') }]],
      ['8', []]
    ])
  })

  test.each([
    ['with itself', ['PID|1||7', 'PID|2||7']],
    ['with nobody', ['PID|1||7']],
    ['with somebody who has no number', ['PID|1||7', 'PID|2||||HILL']]
  ])('%s are not stated, and reported', (_, segments) => {
    const part = partOf(message('A24', ...segments))
    expect(part.identity).toEqual([])
    expect(part.contribution.quarantined).toEqual(expect.arrayContaining(conflict('PID-3')))
  })
})

describe('moves of a stay', () => {
  test.each([
    ['A45', 'MRG|8||||77', 'PV1|1|I||||||||||||||||| 77', 'visit/77'],
    ['A45', 'MRG|8', 'PV1|1|I|||||||||||||||||77', 'visit/77'],
    ['A44', 'MRG|8||A9', 'PV1|1|I', 'account/A9'],
    ['A44', 'MRG|8||A9||77', 'PV1|1|I', 'visit/77']
  ])('%s with %s', (trigger, merge, visit, name) => {
    expect(partOf(message(trigger, 'PID|1||7', merge, visit)).identity).toEqual([
      { kind: 'move-visit', from: local('8'), into: local('7'), visit: name }
    ])
  })

  test('that give it another number say so among its numbers', () => {
    const moved = message('A45', 'PID|1||7', 'MRG|8||||77', 'PV1|1|I|||||||||||||||||78')
    const stay = foldAll([moved]).get('Encounter/visit/78') as Encounter
    expect(stay.identifier?.map(({ use, value }) => [use, value])).toEqual([
      [undefined, '78'],
      ['old', '77']
    ])
  })

  test.each(['MRG|||A9||77', 'MRG|7||||77', 'MRG|8'])(
    '%s says not whose or which, and is reported',
    (merge) => {
      const part = partOf(message('A45', 'PID|1||7', merge))
      expect(part.identity).toEqual([])
      expect(part.contribution.quarantined).toEqual(conflict('MRG'))
    }
  )
})

describe('another number for a stay of the same person', () => {
  test.each(['A35', 'A41', 'A42', 'A49', 'A50', 'A51'])(
    '%s: the stay goes on under the new one',
    (trigger) => {
      const before = message('A01', 'EVN||20261031', 'PID|1||7', 'PV1|1|I|W1||||||||||||||||77')
      const after = message(trigger, 'EVN||20261101', 'PID|1||7', 'MRG|7||||77', 'PV1|1|I|||||||||||||||||78')
      expect(partOf(after)).toMatchObject({ identity: [], contribution: { quarantined: [] } })
      const all = foldAll([before, after])
      const now = all.get('Encounter/visit/78') as Encounter
      expect(now.identifier?.map(({ value }) => value)).toEqual(['78', '77'])
      expect(all.get('Encounter/visit/77')).toMatchObject({
        status: 'cancelled',
        partOf: { reference: `Encounter/${now.id}` },
        location: [{ location: { display: 'W1' } }]
      })
    }
  )
})

describe('what is not handled', () => {
  test.each([
    ['A16', 'ADT^A16'],
    ['constructor', 'ADT'],
    ['', 'ADT']
  ])('trigger %s is reported for each person', (trigger, expression) => {
    const { parts } = mapped(message(trigger, 'PID|1||7', 'PID|2||8'))
    expect(parts).toHaveLength(2)
    for (const { contribution, identity } of parts) {
      expect(identity).toEqual([])
      expect(contribution).toEqual({
        mode: 'delta',
        sections: [],
        entries: [],
        quarantined: [
          {
            reason: 'unprocessed-message',
            resourceType: 'MessageHeader',
            sections: ['admissions'],
            expression
          }
        ]
      })
    }
  })

  test.each([
    ['BAR^P01', 'BAR^P01'],
    ['WINTER^ADA', 'MSH-9'],
    ['', 'MSH-9']
  ])('another type of message is reported: %s', (type, expression) => {
    const text = `MSH|^~\\&|PAS|RZZ|||2026||${type}|1|P|2.4\rPID|1||7`
    expect(partOf(text).contribution.quarantined[0]?.expression).toBe(expression)
  })

  test('what is no message is refused', () => {
    expect(hl7v2ToContributions('PID|1||7', sending())).toEqual({
      outcome: 'refused',
      reason: 'not-a-record'
    })
  })
})
