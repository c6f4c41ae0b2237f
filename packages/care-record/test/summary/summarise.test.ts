import {
  type AllergyIntolerance,
  type Condition,
  chesil,
  type MedicationStatement,
  type Observation,
  type Resource,
  systems
} from '@chesil/fhir'
import { describe, expect, test } from 'vitest'
import { ipsProblems } from '../../../../tests/support/ips-rules.ts'
import { summarise } from '../../src/index.ts'
import type { ItemGroup } from '../../src/reconcile/item-group.ts'
import { now, statement } from '../builders.ts'
import { expectValid } from '../valid.ts'
import {
  compositionOf,
  inputOf,
  item,
  keysOf,
  patient,
  sectionOf,
  stateOf,
  subject,
  summaryOf,
  textOf
} from './summarising.ts'

const allergies = '48765-2'
const medicines = '10160-0'
const problems = '11450-4'

const allergy = (
  id: string,
  status = 'active',
  code: AllergyIntolerance['code'] = { text: `Allergy ${id}` }
) =>
  item({
    resourceType: 'AllergyIntolerance',
    id,
    clinicalStatus: { coding: [{ system: systems.allergyClinical, code: status }] },
    verificationStatus: { coding: [{ system: systems.allergyVerification, code: 'unconfirmed' }] },
    code,
    patient: subject
  })
const nil = { coding: [{ system: systems.snomed, code: '716186003', display: 'No known allergy' }] }

const problem = (id: string, status = 'active', changes: Partial<Condition> = {}) =>
  item({
    resourceType: 'Condition',
    id,
    clinicalStatus: { coding: [{ system: systems.conditionClinical, code: status }] },
    code: { text: `Problem ${id}` },
    subject,
    ...changes
  })

const medicine = (id: string, currency: string, changes: Partial<MedicationStatement> = {}) =>
  item({
    resourceType: 'MedicationStatement',
    id,
    extension: [{ url: chesil.extension('medicine-currency'), valueCode: currency }],
    status: currency === 'past' ? 'completed' : 'active',
    medicationCodeableConcept: { text: `Medicine ${id}` },
    subject,
    dosage: [{ text: 'One a day' }],
    ...changes
  })

const result = (id: string, code: string, day: string, changes: Partial<Observation> = {}) =>
  item(
    {
      resourceType: 'Observation',
      id,
      status: 'final',
      code: { coding: [{ system: systems.snomed, code }], text: `Test ${code}` },
      subject,
      effectiveDateTime: day,
      valueQuantity: { value: 12345.5, unit: 'mmol/L' },
      ...changes
    },
    ['investigations']
  )

const codeOf = (bundle: ReturnType<typeof summaryOf>, code: string): string | undefined => {
  const [first] = keysOf(bundle, code)
  const resource = bundle.entry?.find(({ fullUrl }) => fullUrl === first)?.resource as
    | { code?: AllergyIntolerance['code']; medicationCodeableConcept?: AllergyIntolerance['code'] }
    | undefined
  return (resource?.code ?? resource?.medicationCodeableConcept)?.coding?.[0]?.code
}

describe('the document', () => {
  const whole = summaryOf([
    allergy('a'),
    problem('p', 'active', { encounter: { reference: 'Encounter/e1' } }),
    medicine('m', 'current'),
    result('r', '1', '2026-01-05')
  ])

  test('keeps the rules of IPS, and each of its resources those of FHIR', () => {
    expect(ipsProblems(whole)).toEqual([])
    expectValid(whole)
    for (const { resource } of whole.entry ?? []) expectValid(resource as Resource)
  })

  test('of nobody’s data keeps them too', () => {
    const empty = summaryOf([], {
      completeness: { sources: [], general: ['no-registered-practice'] },
      speakers: []
    })
    expect(ipsProblems(empty)).toEqual([])
    for (const { resource } of empty.entry ?? []) expectValid(resource as Resource)
    expect([allergies, medicines, problems].map((code) => codeOf(empty, code))).toEqual([
      'no-allergy-info',
      'no-medication-info',
      'no-problem-info'
    ])
  })

  test('begins with whose it is, and with what may be missing', () => {
    const text = compositionOf(whole).text?.div
    expect(text).toContain(
      'PENHALIGON, Mary Jane (Mrs) · Born 07-Mar-1951 (75y) · Gender Female · NHS No. 944 930 5552'
    )
    const sources = statement({ codes: ['timed-out'] })
    const bundle = summaryOf([], { completeness: { sources: [sources], general: ['withheld'] } })
    expect(textOf(bundle, 'sources')).toContain('Something may be missing')
    expect(textOf(bundle, 'sources')).toContain('Hill Surgery: did not answer in time.')
    expect(textOf(bundle, 'sources')).not.toContain('ago')
    const codes = sectionOf(bundle, 'sources').extension?.map(
      ({ extension }) => extension?.at(-1)?.valueCodeableConcept?.coding?.[0]?.code
    )
    expect(codes).toEqual(['timed-out', 'withheld'])
  })

  test('is restricted where anything in it has a label', () => {
    const confidentialityOf = (labelled: readonly string[]) => {
      const bundle = summaryOf([allergy('a')], { labelled: new Set(labelled) })
      return compositionOf(bundle).confidentiality
    }
    expect(confidentialityOf([])).toBe('N')
    expect(confidentialityOf(['AllergyIntolerance/a'])).toBe('R')
    expect(confidentialityOf(['Observation/not-shown'])).toBe('N')
  })

  test('names in words what it does not hold, with its address, and only what the reader may see', () => {
    const seen: Resource = {
      resourceType: 'Practitioner',
      id: 'p1',
      name: [{ family: 'Shah', given: ['Priya'] }]
    }
    const bundle = summaryOf(
      [
        problem('p', 'active', {
          asserter: { reference: 'Practitioner/p1' },
          encounter: { reference: 'Encounter/e1' }
        })
      ],
      { others: [seen] }
    )
    const shown = bundle.entry?.find(({ resource }) => resource?.id === 'p')?.resource
    expect(shown).toMatchObject({
      subject,
      asserter: { display: 'SHAH, Priya', type: 'Practitioner' },
      encounter: { display: 'Encounter that is not part of this summary' }
    })
    expect(ipsProblems(bundle)).toEqual([])
  })

  test('holds the product of a medicine that names it', () => {
    const product: Resource = {
      resourceType: 'Medication',
      id: 'x',
      code: { text: 'Amoxicillin 500 mg capsules' }
    }
    const given = medicine('m', 'current')
    const { medicationCodeableConcept: _none, ...rest } = given.resource as MedicationStatement
    const bundle = summaryOf([item({ ...rest, medicationReference: { reference: 'Medication/x' } })], {
      others: [product]
    })
    expect(textOf(bundle, medicines)).toContain('Amoxicillin 500 mg capsules')
    expect(bundle.entry?.map(({ resource }) => resource?.resourceType)).toContain('Medication')
    expect(ipsProblems(bundle)).toEqual([])
  })

  test('uses what needs no change as it is kept', () => {
    const told = {
      status: 'generated' as const,
      div: '<div xmlns="http://www.w3.org/1999/xhtml">Words of its own</div>'
    }
    const { entries } = summarise(inputOf([problem('p', 'active', { text: told }), problem('q')]))
    expect(entries.filter(({ asKept }) => asKept).map(({ asKept }) => asKept)).toEqual(['Condition/p'])
  })
})

describe('where nothing current is shown', () => {
  test('“no known” is said where a source says so', () => {
    const bundle = summaryOf([allergy('n', 'active', nil)])
    expect(stateOf(bundle, allergies)).toBe('none-known')
    expect(codeOf(bundle, allergies)).toBe('no-known-allergies')
    expect(keysOf(bundle, allergies)).toContain('AllergyIntolerance/n')
    expect(textOf(bundle, allergies)).toContain('None known: Hill Surgery')
  })

  test('“no information” where nobody does, though all have answered', () => {
    const bundle = summaryOf([])
    expect(stateOf(bundle, allergies)).toBe('none-recorded')
    expect(codeOf(bundle, allergies)).toBe('no-allergy-info')
    expect(textOf(bundle, allergies)).toContain('Nobody says that there are none')
  })

  test('a statement beside an allergy is a conflict, and both are shown', () => {
    const bundle = summaryOf([allergy('n', 'active', nil), allergy('a')])
    expect(stateOf(bundle, allergies)).toBe('conflict')
    expect(keysOf(bundle, allergies).sort()).toEqual(['AllergyIntolerance/a', 'AllergyIntolerance/n'])
    expect(textOf(bundle, allergies)).toContain('Sources differ')
  })

  test('ended ones are shown apart, beside the entry that says so', () => {
    const bundle = summaryOf([allergy('e', 'resolved')])
    expect(codeOf(bundle, allergies)).toBe('no-allergy-info')
    expect(keysOf(bundle, allergies)[1]).toBe('AllergyIntolerance/e')
    expect(textOf(bundle, allergies)).toContain('Ended allergies')
  })

  test('a section that IPS does not demand says why it is empty', () => {
    const { emptyReason } = sectionOf(summaryOf([]), '11369-6')
    expect(emptyReason?.coding?.map(({ code }) => code)).toEqual(['notasked', 'none-recorded'])
  })

  test('a role that may not see a section is told the same, whatever there is', () => {
    const mayRead = (type: string) => !['Observation', 'DiagnosticReport'].includes(type)
    const quarantine = statement({ sections: [] })
    const texts = [
      summaryOf([], { mayRead }),
      summaryOf([], { mayRead, completeness: { sources: [quarantine], general: ['withheld'] }, speakers: [] })
    ].map((bundle) => JSON.stringify(sectionOf(bundle, '30954-2')))
    expect(new Set(texts).size).toBe(1)
    expect(texts[0]).toContain('may be withheld from you')
  })
})

describe('what is shown where', () => {
  test('current, recent and past medicines are apart', () => {
    const text = textOf(
      summaryOf([medicine('c', 'current'), medicine('r', 'recent'), medicine('p', 'past')]),
      medicines
    )
    const places = [
      'Current medicines',
      'Medicine c',
      'end not recorded',
      'Medicine r',
      'Past medicines',
      'Medicine p'
    ].map((words) => text.indexOf(words))
    expect(places).not.toContain(-1)
    expect(places).toEqual(places.toSorted((a, b) => a - b))
    expect(text).toContain('DOSE: One a day')
  })

  test('a plan of a medicine that is shown is not shown again, a prescription of none is', () => {
    const order = (id: string): Resource => ({
      resourceType: 'MedicationRequest',
      id,
      status: 'active',
      intent: 'order',
      subject,
      medicationCodeableConcept: { text: `Order ${id}` }
    })
    const bundle = summaryOf([
      medicine('m', 'current', { basedOn: [{ reference: 'MedicationRequest/plan' }] }),
      item({ ...order('plan'), intent: 'plan' } as Resource),
      item({ ...order('issue'), basedOn: [{ reference: 'MedicationRequest/plan' }] } as Resource),
      item(order('lone'))
    ])
    expect(keysOf(bundle, medicines).sort()).toEqual(['MedicationRequest/lone', 'MedicationStatement/m'])
  })

  test.each<[string, object, object]>([
    ['belongs to no plan of a medicine', { resourceType: 'CarePlan', intent: 'plan', status: 'active' }, {}],
    [
      'belongs to a plan that was stopped',
      { resourceType: 'MedicationRequest', intent: 'plan', status: 'stopped' },
      {}
    ],
    [
      'belongs to itself',
      { resourceType: 'MedicationRequest', intent: 'order', status: 'stopped' },
      { id: 'base' }
    ]
  ])('an active prescription that %s is shown', (_case, base, changes) => {
    const order = {
      resourceType: 'MedicationRequest',
      id: 'order',
      status: 'active',
      intent: 'order',
      subject,
      medicationCodeableConcept: { text: 'Methotrexate 2.5mg tablets' },
      basedOn: [{ reference: `${(base as Resource).resourceType}/base` }],
      ...changes
    } as Resource
    const others = order.id === 'base' ? [] : [item({ id: 'base', subject, ...base } as Resource)]
    expect(textOf(summaryOf([item(order), ...others]), medicines)).toContain('Methotrexate')
  })

  test('a prescription is shown whose medicine is an error', () => {
    const order = {
      resourceType: 'MedicationRequest',
      id: 'order',
      status: 'active',
      intent: 'plan',
      subject,
      medicationCodeableConcept: { text: 'Methotrexate 2.5mg tablets' }
    } as Resource
    const wrong = medicine('m', 'current', {
      status: 'entered-in-error',
      basedOn: [{ reference: 'MedicationRequest/order' }]
    })
    expect(textOf(summaryOf([item(order), wrong]), medicines)).toContain('Methotrexate')
  })

  test('a prescription that goes on is shown whose medicine has run out, however many came after it', () => {
    const order = {
      resourceType: 'MedicationRequest',
      id: 'order',
      status: 'active',
      intent: 'order',
      subject,
      medicationCodeableConcept: { text: 'Methotrexate 2.5mg tablets' }
    } as Resource
    const { extension: _, ...ranOut } = medicine('m', 'current', {
      effectivePeriod: { start: '2020-02-01', end: '2021-03-01' },
      basedOn: [{ reference: 'MedicationRequest/order' }]
    }).resource as MedicationStatement
    const later = Array.from({ length: 20 }, (_one, n) =>
      medicine(`later${n}`, 'past', { effectivePeriod: { start: '2025-01-01', end: '2025-02-01' } })
    )
    expect(textOf(summaryOf([item(order), item(ranOut), ...later]), medicines)).toContain('Methotrexate')
  })

  test.each<[string, NonNullable<MedicationStatement['dosage']>, string]>([
    [
      'the day of a weekly dose',
      [
        {
          doseAndRate: [{ doseQuantity: { value: 10, unit: 'mg' } }],
          timing: { repeat: { frequency: 1, period: 1, periodUnit: 'wk', dayOfWeek: ['mon'] } }
        }
      ],
      'on Monday'
    ],
    [
      'the amount beside words that name none',
      [{ text: 'As directed', doseAndRate: [{ doseQuantity: { value: 50, unit: 'mg' } }] }],
      'As directed, 50\u00a0mg'
    ],
    [
      'when each of several is taken',
      [
        {
          doseAndRate: [{ doseQuantity: { value: 10, unit: 'mg' } }],
          timing: { repeat: { when: ['MORN'] } }
        },
        {
          doseAndRate: [{ doseQuantity: { value: 40, unit: 'mg' } }],
          timing: { repeat: { when: ['NIGHT'] } }
        }
      ],
      'at night'
    ],
    ['how fast', [{ doseAndRate: [{ rateQuantity: { value: 5, unit: 'mL/h' } }] }], 'rate: 5\u00a0mL/h'],
    [
      'the most that may be taken',
      [
        {
          text: '1 when required',
          maxDosePerPeriod: {
            numerator: { value: 4, unit: 'tablets' },
            denominator: { value: 1, unit: 'day' }
          }
        }
      ],
      'maximum: 4\u00a0tablets in 1\u00a0day'
    ]
  ])('a dose is told with %s', (_what, dosage, words) => {
    expect(textOf(summaryOf([medicine('m', 'current', { dosage })]), medicines)).toContain(words)
  })

  test('a medicine that its order contains has its name, and a dose all that is told of it', () => {
    const order = {
      resourceType: 'MedicationRequest',
      id: 'order',
      status: 'active',
      intent: 'order',
      subject,
      contained: [{ resourceType: 'Medication', id: 'm', code: { text: 'Warfarin 1mg tablets' } }],
      medicationReference: { reference: '#m' },
      dosageInstruction: [
        {
          doseAndRate: [{ doseRange: { low: { value: 1 }, high: { value: 2, unit: 'tablet' } } }],
          timing: { repeat: { frequency: 4, period: 1, periodUnit: 'd' } },
          asNeededBoolean: true
        }
      ]
    } as Resource
    const text = textOf(summaryOf([item(order)]), medicines)
    expect(text).toContain('Warfarin 1mg tablets')
    expect(text.replaceAll(/\s+/g, ' ')).toContain('1 to 2 tablet, 4 times a day, when required')
  })

  test('of one code the latest result stands that is no error', () => {
    const potassium = (id: string, status: Observation['status'], day: string, value: number) =>
      item(
        {
          resourceType: 'Observation',
          id,
          status,
          code: { coding: [{ system: systems.snomed, code: '1' }], text: 'Potassium' },
          effectiveDateTime: day,
          valueQuantity: { value },
          subject
        },
        ['investigations']
      )
    const text = textOf(
      summaryOf([
        potassium('right', 'final', '2026-05-01', 7.2),
        potassium('wrong', 'entered-in-error', '2026-05-02', 2.1)
      ]),
      '30954-2'
    )
    expect([text.includes('7.2'), text.includes('2.1')]).toEqual([true, false])
  })

  test('a decision about resuscitation is among the alerts, however many observations there are', () => {
    const observed = (id: string, code: string, day: string) =>
      item({
        resourceType: 'Observation',
        id,
        status: 'final',
        code: { coding: [{ system: systems.snomed, code, display: `Code ${code}` }] },
        effectiveDateTime: day,
        subject
      })
    const many = Array.from({ length: 60 }, (_, n) => observed(`o${n}`, String(n), '2026-01-01'))
    const bundle = summaryOf([observed('dnar', '450476008', '2024-01-01'), ...many])
    expect(textOf(bundle, 'alerts')).toContain('Resuscitation')
    expect(keysOf(bundle, 'alerts')).toEqual(['Observation/dnar'])
  })

  test('a code for no allergies is none where its own words name one', () => {
    const words = (text: string) => allergy('a', 'active', { ...nil, text })
    expect(stateOf(summaryOf([words('Penicillin: anaphylaxis')]), allergies)).not.toBe('none-known')
    expect(stateOf(summaryOf([words('No known allergies')]), allergies)).toBe('none-known')
  })

  test('a course is over with its last day, and somebody is no contact any more after theirs', () => {
    const course = medicine('m', '', {
      effectivePeriod: { start: '2019-01-01', end: '2019-01-07' },
      extension: []
    })
    expect(textOf(summaryOf([course]), medicines)).toContain('Past medicines')
    const friend = item({
      resourceType: 'RelatedPerson',
      id: 'r',
      patient: subject,
      name: [{ text: 'Ada Weir' }],
      period: { end: '2015-01-01' }
    })
    const people = textOf(summaryOf([friend]), 'people')
    expect([people.includes('People and teams'), people.includes('Former')]).toEqual([false, true])
  })

  test('an appointment is to come until its day is over', () => {
    const booked = (id: string, start: string): Resource => ({
      resourceType: 'Appointment',
      id,
      status: 'booked',
      start,
      participant: [{ actor: subject, status: 'accepted' }]
    })
    const text = textOf(
      summaryOf([
        item(booked('gone', '2026-11-21T23:00:00Z')),
        item(booked('today', '2026-11-22T00:30:00Z')),
        item(booked('ahead', '2026-12-01T09:00:00Z'))
      ]),
      'appointments'
    )
    const places = ['01-Dec-2026', '22-Nov-2026', 'Past', '21-Nov-2026'].map((words) => text.indexOf(words))
    expect(places).not.toContain(-1)
    expect(places).toEqual(places.toSorted((a, b) => a - b))
  })

  test('a problem that is over is past illness', () => {
    const bundle = summaryOf([problem('a'), problem('i', 'inactive')])
    expect(keysOf(bundle, problems)).toEqual(['Condition/a'])
    expect(keysOf(bundle, '11348-0')).toEqual(['Condition/i'])
  })

  test('of results the latest of each code, and how many there are is said', () => {
    const many = Array.from({ length: 60 }, (_, n) =>
      result(`o${n}`, String(n % 50), `2026-01-${String(1 + (n % 28)).padStart(2, '0')}`)
    )
    const bundle = summaryOf([...many, result('latest', '3', '2026-03-01')])
    expect(textOf(bundle, '30954-2')).toContain('Latest results: 40 of 61 shown, latest first')
    expect(keysOf(bundle, '30954-2')).toHaveLength(40)
    expect(keysOf(bundle, '30954-2')[0]).toBe('Observation/latest')
    expect(textOf(bundle, '30954-2')).toContain('12,345.5\u00a0mmol/L')
    expect(textOf(bundle, '30954-2')).toContain('01-Mar-2026')
  })

  test.each([allergies, problems])('none of what is current is left out for its number: %s', (code) => {
    const all = Array.from({ length: 300 }, (_, n) =>
      code === allergies ? allergy(`n${n}`) : problem(`n${n}`)
    )
    expect(keysOf(summaryOf(all), code)).toHaveLength(300)
  })
})

describe('of what several sources say', () => {
  const trust = statement({ sourceId: 'trust', name: 'Trust', relation: 'contributor', codes: ['sends'] })
  const hill = statement({})
  const [one, other] = [allergy('one'), { ...allergy('other', 'resolved'), sourceId: 'trust' }]
  const group = (differs: boolean): ItemGroup => ({
    lead: one.key,
    members: [
      { key: one.key, sourceId: 'gp-hill', differs: false },
      { key: other.key, sourceId: 'trust', differs }
    ],
    firstConfirmed: now,
    lastConfirmed: now,
    conflicts: differs
      ? [{ kind: 'status', between: [one.key, other.key], text: 'Active at Hill Surgery, ended at Trust.' }]
      : []
  })
  const summary = (differs: boolean) =>
    summaryOf([one, differs ? other : { ...allergy('other'), sourceId: 'trust' }], {
      groups: [group(differs)],
      completeness: { sources: [hill, trust], general: [] }
    })

  test('the lead stands for those that agree, and they are named', () => {
    expect(keysOf(summary(false), allergies)).toEqual([one.key])
    expect(textOf(summary(false), allergies)).toContain('2 sources agree: Hill Surgery, Trust')
  })

  test('what one of them has as current is current, whoever leads', () => {
    const ended: ItemGroup = { ...group(true), lead: other.key, members: group(true).members.toReversed() }
    const members = ended.members.map((member) => ({ ...member, differs: member.key !== other.key }))
    const bundle = summaryOf([one, other], {
      groups: [{ ...ended, members }],
      completeness: { sources: [hill, trust], general: [] }
    })
    expect(textOf(bundle, allergies)).not.toContain('Ended allergies')
    expect(stateOf(bundle, allergies)).toBe('content')
  })

  test('what one has run out by now and another has not is current, and both are shown', () => {
    const current = medicine('gp', 'current')
    const { extension: _, ...ranOut } = medicine('trust', 'current', {
      effectivePeriod: { start: '2020-02-01', end: '2021-03-01' }
    }).resource as MedicationStatement
    const theirs = { ...item(ranOut), sourceId: 'trust' }
    const bundle = summaryOf([current, theirs], {
      groups: [
        {
          lead: theirs.key,
          members: [theirs, current].map(({ key, sourceId }) => ({ key, sourceId, differs: false })),
          firstConfirmed: now,
          lastConfirmed: now,
          conflicts: []
        }
      ],
      completeness: { sources: [hill, trust], general: [] }
    })
    expect(stateOf(bundle, medicines)).toBe('content')
    expect(keysOf(bundle, medicines)).toEqual([theirs.key, current.key])
    expect(textOf(bundle, medicines)).not.toContain('Past medicines')
  })

  test('one that differs is shown beside it, and the conflict is said', () => {
    const bundle = summary(true)
    expect(keysOf(bundle, allergies)).toEqual([one.key, other.key])
    expect(textOf(bundle, allergies)).toContain('Active at Hill Surgery, ended at Trust.')
    expect(textOf(bundle, allergies)).toContain('Differs: Allergy other')
    expect(ipsProblems(bundle)).toEqual([])
  })
})

test('what sources differ in about the person as a whole is said at the top', () => {
  const text = 'Hill Surgery and Trust name different next of kin.'
  const bundle = summaryOf([], { conflicts: [{ kind: 'next-of-kin', between: [], text }] })
  expect(textOf(bundle, 'sources')).toContain(`<b>Sources differ:</b> ${text}`)
})

test('each resource says in its own words who says so', () => {
  const { resource } = problem('p')
  const tagged = { ...resource, meta: { tag: [{ system: chesil.source, code: 'gp-hill' }] } } as Resource
  const shown = summaryOf([item(tagged)]).entry?.find(({ resource: one }) => one?.id === 'p')
    ?.resource as Condition
  expect(shown.text?.div).toContain('<p>Problem p</p>')
  expect(shown.text?.div).toContain('<p>Said by Hill Surgery</p>')
})

test('the person’s own resource is as the reader sees it', () => {
  const shown = summaryOf([]).entry?.find(({ resource }) => resource?.resourceType === 'Patient')?.resource
  expect(shown).toMatchObject(patient)
})
