import type { AllergyIntolerance, Condition, Encounter, Procedure } from '@chesil/fhir'
import { describe, expect, test } from 'vitest'
import { evn, foldAll, folded, message, partOf, pid, stay } from './sending.ts'

const names = (type: string, ...texts: readonly string[]) =>
  [...foldAll(texts).keys()].filter((name) => name.startsWith(`${type}/`))

describe('allergies', () => {
  const allergic = (minute: string, ...segments: readonly string[]) =>
    message('A31', evn(minute), pid, ...segments)
  const allergy = (...texts: readonly string[]) => folded<AllergyIntolerance>('AllergyIntolerance', ...texts)
  const penicillin = 'AL1|1|DA|91936005^Allergy to penicillin^SCT|SV|Rash~Swelling|20200102'

  test('what to, how badly, since when', () => {
    expect(allergy(allergic('00', penicillin))).toMatchObject({
      clinicalStatus: { coding: [{ code: 'active' }] },
      category: ['medication'],
      criticality: 'high',
      code: {
        coding: [{ system: 'http://snomed.info/sct', code: '91936005' }],
        text: 'Allergy to penicillin'
      },
      reaction: [{ manifestation: [{ text: 'Rash' }, { text: 'Swelling' }], severity: 'severe' }],
      onsetDateTime: '2020-01-02'
    })
  })

  test('a message that names none does not say that there are none', () => {
    expect(names('AllergyIntolerance', allergic('00', penicillin), allergic('10'))).toHaveLength(1)
  })

  test('a later message adds others, and changes what it says', () => {
    const later = allergic('10', 'AL1|1|FA|Nuts', 'AL1|2|DA|91936005^^SCT|MI||""')
    const all = foldAll([allergic('00', penicillin), later])
    expect([...all.keys()].filter((name) => name.startsWith('Allergy'))).toHaveLength(2)
    const changed = [...all.values()].find((item) =>
      JSON.stringify(item).includes('91936005')
    ) as AllergyIntolerance
    expect(changed).not.toHaveProperty('criticality')
    expect(changed).not.toHaveProperty('onsetDateTime')
    expect(changed.reaction).toHaveLength(1)
  })

  test('a code that only the source knows is its own text', () => {
    const found = allergy(allergic('00', 'AL1|1|MA|Z88.5|5'))
    expect(found.code?.text).toBe('Z88.5')
    expect(found.note).toEqual([{ text: 'Severity as sent: 5' }])
    expect(found).not.toHaveProperty('category')
  })

  test('A60: the delete action of IAM takes one back', () => {
    const told = message('A60', evn('00'), pid, 'IAM|1|DA|Latex|MO|Rash|A')
    expect(allergy(told).reaction?.[0]?.severity).toBe('moderate')
    expect(names('AllergyIntolerance', told, message('A60', evn('10'), pid, 'IAM|1|DA|Latex|||D'))).toEqual(
      []
    )
  })

  test.each(['AL1|1|DA|""', 'AL1|1|DA|', 'AL1'])('%s takes nothing back, and is reported', (segment) => {
    const { contribution } = partOf(allergic('00', segment))
    expect(contribution.quarantined).toEqual([
      { reason: 'invalid', resourceType: 'AllergyIntolerance', sections: ['allergies'], expression: 'AL1-3' }
    ])
  })
})

describe('diagnoses', () => {
  const sick = (minute: string, ...segments: readonly string[]) => stay('A08', minute, 'PV1|1|I', ...segments)
  const stress =
    'DG1|1||N39.3^Stress incontinence^I10||202611010900|F|||||||||1|C1234567^Hill^Sam||N|202611010910'

  test('of a stay', () => {
    const all = foldAll([sick('00', stress)])
    const condition = [...all.values()].find((item) => item.resourceType === 'Condition') as Condition
    const encounter = [...all.values()].find((item) => item.resourceType === 'Encounter') as Encounter
    expect(condition).toMatchObject({
      category: [{ coding: [{ code: 'encounter-diagnosis' }] }],
      verificationStatus: { coding: [{ code: 'confirmed' }] },
      code: { coding: [{ system: 'http://hl7.org/fhir/sid/icd-10', code: 'N39.3' }] },
      encounter: { reference: `Encounter/${encounter.id}` },
      onsetDateTime: '2026-11-01T09:00:00+00:00',
      recordedDate: '2026-11-01T09:10:00+00:00',
      recorder: { display: 'Sam Hill' }
    })
    expect(encounter.diagnosis).toEqual([
      {
        condition: { reference: `Condition/${condition.id}` },
        use: { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/diagnosis-role', code: 'DD' }] },
        rank: 1
      }
    ])
  })

  test.each([
    ['coded by the field before', 'DG1|1|I10|N39.3^Stress', 'http://hl7.org/fhir/sid/icd-10'],
    ['coded as SNOMED CT', 'DG1|1||22298006^Infarct^SNOMED-CT', 'http://snomed.info/sct'],
    ['coded as OPCS', 'DG1|1||M53.3^Sling^OPCS4', 'https://fhir.hl7.org.uk/Id/opcs-4']
  ])('%s', (_, segment, system) => {
    expect(folded<Condition>('Condition', sick('00', segment)).code?.coding?.[0]?.system).toBe(system)
  })

  test('without a code are their description', () => {
    expect(folded<Condition>('Condition', sick('00', 'DG1|1|||Sprained ankle & wrist')).code).toEqual({
      text: 'Sprained ankle & wrist'
    })
  })

  test('a code that SNOMED CT cannot have is text, and marked', () => {
    const found = folded<Condition>('Condition', sick('00', 'DG1|1||D1^Sprain^SCT'))
    expect(found.code).toEqual({ text: 'Sprain' })
    expect(found.note).toEqual([{ text: 'Diagnosis (code) as sent: D1' }])
  })

  test('are known by their number, else their code; a delete action takes one back', () => {
    const numbered = (code: string, action: string) => `DG1|1||${code}^x^I10${'|'.repeat(17)}D7|${action}`
    expect(
      names('Condition', sick('00', numbered('N39', 'A')), sick('10', numbered('N40', 'U')))
    ).toHaveLength(1)
    const gone = [sick('00', numbered('N39', 'A')), sick('10', numbered('N39', 'D'))]
    expect(names('Condition', ...gone)).toEqual([])
    expect(folded<Encounter>('Encounter', ...gone)).not.toHaveProperty('diagnosis')
  })

  test('that their source calls confidential are labelled', () => {
    const secret = 'DG1|1||N39.3^x^I10|||||||||||||||Y'
    expect(folded<Condition>('Condition', sick('00', secret)).meta?.security?.[0]?.code).toBe('R')
    expect(folded<Condition>('Condition', sick('00', secret), sick('10', stress)).meta).not.toHaveProperty(
      'security'
    )
  })

  test('outside a stay are the person’s', () => {
    expect(folded<Condition>('Condition', message('A31', pid, stress))).not.toHaveProperty('encounter')
  })
})

describe('procedures', () => {
  const done = (minute: string, segment: string) => stay('A08', minute, 'PV1|1|I', segment)
  const scope = (time: string) =>
    `PR1|1||H22.9^Colonoscopy^OPCS4||${time}|D|34||||C1234567^Hill^Sam|7654321^Bay^Al^^^^^GMC`

  test.each([
    ['202611010900', 'completed'],
    ['202611020900', 'preparation'],
    ['', 'unknown']
  ])('performed at %s: %s', (time, status) => {
    expect(folded<Procedure>('Procedure', done('00', scope(time)))).toMatchObject({
      status,
      code: { coding: [{ code: 'H22.9' }] },
      performer: [{ actor: { display: 'Sam Hill' } }, { actor: { display: 'Al Bay' } }]
    })
  })

  test('of one code at two times are two', () => {
    expect(
      names('Procedure', done('00', scope('202611010900')), done('10', scope('202610010900')))
    ).toHaveLength(2)
  })

  test('one without a code is reported', () => {
    expect(partOf(done('00', 'PR1|1||""')).contribution.quarantined).toEqual([
      { reason: 'invalid', resourceType: 'Procedure', sections: ['procedures'], expression: 'PR1-3' }
    ])
  })
})
