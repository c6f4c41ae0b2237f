import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { faultsIn } from './faults.ts'
import { ada, current, currentItems, quarantinedIn, received } from './received.ts'

const obr =
  'OBR|1|P1||FBC^Full blood count^L|||||||||Tired|||C1234567^Hill^Sam|||||||||||||||ANAEMIA^Anaemia^L'
const orc = (control: string, status = '', filler = '') =>
  `ORC|${control}|P1|${filler}||${status}||||20261101090000|||C1234567^Hill^Sam`
const oml = (minute: number, ...segments: string[]) => received('OML^O21', minute, ada, ...segments)

describe('an order', () => {
  test('is what ORC, OBR and TQ1 say of it', () => {
    const item = current(
      'ServiceRequest',
      oml(1, orc('NW'), 'TQ1|1||||||202611020800||S', obr, 'NTE|1||Fasting')
    )
    expect(item).toMatchObject({
      status: 'active',
      intent: 'order',
      code: { text: 'Full blood count' },
      priority: 'stat',
      authoredOn: '2026-11-01T09:00:00+00:00',
      requester: { display: 'Sam Hill' },
      reasonCode: [{ text: 'Anaemia' }],
      note: [{ text: 'Fasting\nClinical information: Tired' }],
      identifier: [{ value: 'P1' }]
    })
  })

  test.each([
    ['NW', '', 'active'],
    ['NW', 'CM', 'completed'],
    ['CA', '', 'revoked'],
    ['DC', 'IP', 'revoked'],
    ['HD', '', 'on-hold'],
    ['RL', '', 'active'],
    ['XO', '', 'unknown'],
    ['SC', 'CM', 'completed'],
    ['UA', '', 'revoked']
  ])('with ORC-1 %s and ORC-5 %j is %s', (control, status, expected) => {
    expect(current('ServiceRequest', oml(1, orc(control, status), obr))['status']).toBe(expected)
  })

  test('goes by the requester’s number, so that the laboratory’s does not make another of it', () => {
    const items = currentItems(
      oml(1, orc('NW'), obr),
      oml(2, orc('OK', 'IP', 'F1'), obr),
      oml(3, orc('CA'), obr)
    )
    expect([...items.keys()]).toEqual(['ServiceRequest/request/P1'])
    expect(items.get('ServiceRequest/request/P1')?.['status']).toBe('revoked')
  })

  test('that was changed stays as it stood', () => {
    expect(current('ServiceRequest', oml(1, orc('NW'), obr), oml(2, orc('XO'), obr))['status']).toBe('active')
  })

  test('names the specimens, forms and answers that came with it', () => {
    const answer = 'OBX|1|ST|Q1^Pregnant?^L||No||||||F'
    const form = 'OBX|2|ED|FORM^Form^L||^IM^PDF^Base64^JVBERi0xLjQK||||||F'
    const items = currentItems(oml(1, orc('NW'), obr, answer, form, 'SPM|1|S1||BLD^Blood^L'))
    const request = items.get('ServiceRequest/request/P1')
    expect([request?.['specimen'].length, request?.['supportingInfo'].length]).toEqual([1, 2])
    expect(items.get('Specimen/specimen/S1')?.['type'].text).toBe('Blood')
  })

  test('of a specimen whose number comes with its authority is not one of all such specimens', () => {
    const names = [...currentItems(oml(1, orc('NW'), obr, 'SPM|1|S1^RZZ||BLD^Blood^L')).keys()]
    expect(names).toContain('Specimen/specimen/S1^RZZ')
  })

  test('by ORM is the same', () => {
    expect(current('ServiceRequest', received('ORM^O01', 1, ada, orc('NW'), obr))['status']).toBe('active')
  })

  test('without ORC and OBR is told as not processed', () => {
    expect(quarantinedIn(oml(1))).toMatchObject([
      { reason: 'unprocessed-message', sections: ['investigations'] }
    ])
  })
})

describe('a referral', () => {
  const ref = (trigger: string, minute: number, status: string, reason = 'KNEE^Knee pain^L') =>
    received(
      `REF^${trigger}`,
      minute,
      `RF1|${status}|U|ORTH^Orthopaedic referral^L|||UBRN1|20261101|||${reason}`,
      'PRD|RP|Smith^Jane^^^Dr|||||G1234567^GMP',
      'PRD|RT|Darwin^Samuel^^^Dr|||||3456789^GMC',
      ada,
      'DG1|1||57676002^Arthralgia^SCT',
      'NTE|1||Please see'
    )

  test('is what RF1 and PRD say of it', () => {
    expect(current('ServiceRequest', ref('I12', 1, 'P'))).toMatchObject({
      status: 'active',
      priority: 'urgent',
      code: { text: 'Orthopaedic referral' },
      reasonCode: [{ text: 'Knee pain' }],
      requester: { display: 'Dr Jane Smith', identifier: { value: 'G1234567' } },
      performer: [{ display: 'Dr Samuel Darwin', identifier: { value: '3456789' } }],
      note: [{ text: 'Please see' }]
    })
  })

  test('stands among the referrals', () => {
    const tags = current('ServiceRequest', ref('I12', 1, 'P'))['meta'].tag
    expect(tags).toContainEqual(expect.objectContaining({ code: 'referrals' }))
  })

  test('without a reason has the diagnosis', () => {
    expect(current('ServiceRequest', ref('I12', 1, 'P', ''))['reasonCode']).toMatchObject([
      { text: 'Arthralgia' }
    ])
  })

  test.each([
    ['I13', 'R'],
    ['I14', '']
  ])('is off after %s with status %j', (trigger, status) => {
    expect(current('ServiceRequest', ref('I12', 1, 'A'), ref(trigger, 2, status))['status']).toBe('revoked')
  })

  test('without a number is told as not processed', () => {
    expect(quarantinedIn(ref('I12', 1, 'A').replace('UBRN1', ''))).toMatchObject([
      { sections: ['referrals'] }
    ])
  })
})

/** Fields of any of these messages, also such as they should not be. */
const junk = fc.constantFrom(
  ...[
    '',
    '""',
    ' ',
    '^',
    '&',
    '~',
    '\\',
    '^^^^^^^^^^^^',
    '__proto__',
    'constructor',
    '\\X00\\',
    '\\Xzz\\',
    '\ud800'
  ],
  ...[
    '20261399',
    '99999999999999999999',
    '-1',
    '<>',
    '1e400',
    'A&B^C~D&E^F',
    'JVBERi0',
    '^IM^PDF^Base64^@@',
    '9'.repeat(300)
  ]
)
const segment = fc
  .record({
    name: fc.constantFrom(
      ...[
        'ORC',
        'OBR',
        'OBX',
        'OBX',
        'NTE',
        'SPM',
        'TQ1',
        'TXA',
        'SCH',
        'AIS',
        'AIP',
        'AIL',
        'AIG',
        'RF1',
        'PRD',
        'PV1',
        'DG1'
      ]
    ),
    fields: fc.array(
      fc.oneof(
        junk,
        fc.string({ maxLength: 12 }).filter((text) => !/[\r\n]/.test(text)),
        fc.constantFrom('NM', 'SN', 'TX', 'CWE', 'ED', 'RP', 'TS', 'F', 'W', 'D', 'C', 'CA', 'X1')
      ),
      { maxLength: 34 }
    )
  })
  .map(({ name, fields }) => [name, ...fields].join('|'))

test('whatever is sent throws nothing, and comes to valid resources or to what was kept out', () => {
  const kinds = [
    'ORU^R01',
    'OUL^R22',
    'MDM^T02',
    'MDM^T10',
    'SIU^S12',
    'SIU^S26',
    'OML^O21',
    'ORM^O01',
    'REF^I12'
  ]
  const anyMessage = fc.tuple(fc.constantFrom(...kinds), fc.array(segment, { maxLength: 8 }))
  void fc.assert(
    fc.property(anyMessage, ([kind, segments]) => {
      const before = segments.filter((one) => /^(SCH|RF1|PRD)/.test(one))
      const after = segments.filter((one) => !/^(SCH|RF1|PRD)/.test(one))
      expect(faultsIn(currentItems(received(kind, 1, ...before, ada, ...after)))).toEqual([])
    }),
    { numRuns: 1_500 }
  )
})
