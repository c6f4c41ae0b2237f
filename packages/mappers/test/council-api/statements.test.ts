import { createValidator } from '@chesil/fhir-validator'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { councilAnswerToContribution, findCouncilChanges } from '../../src/index.ts'
import { answer, context, contributionOf } from './council.ts'

const sections = ['demographics', 'services', 'people', 'assessments', 'alerts']
const person = answer().person
const empty = { services: [], contacts: [], reviews: [], warnings: [], keyWorker: undefined, team: undefined }

describe('a full answer', () => {
  test('speaks whole for each section', () => {
    const contribution = contributionOf(answer())
    expect(contribution.mode).toBe('snapshot')
    expect(contribution.sections).toEqual(
      sections.map((section) => ({ section, state: 'returned', warnings: [], complete: true }))
    )
  })

  test('says of what it does not name that there is none', () => {
    const states = contributionOf(answer(empty)).sections.map(({ section, state }) => [section, state])
    expect(Object.fromEntries(states)).toEqual({
      demographics: 'returned',
      services: 'empty',
      people: 'empty',
      assessments: 'empty',
      alerts: 'empty'
    })
  })

  test('is the same contribution each time', () => {
    expect(contributionOf(answer())).toEqual(contributionOf(answer()))
  })

  test.each([
    ['no id', {}],
    ['an id that is a sentence', { id: 'the first one' }],
    ['the id of another', { id: 's1' }]
  ])('with an item that has %s keeps it out, and withdraws nothing of its section', (_case, item) => {
    const contribution = contributionOf(answer({ services: [{ id: 's1' }, { ...item, component: 'X' }] }))
    expect(contribution.quarantined).toMatchObject([{ reason: 'invalid', sections: ['services'] }])
    expect(contribution.sections.find(({ section }) => section === 'services')).toMatchObject({
      state: 'returned',
      complete: false
    })
    expect(contribution.sections.filter(({ complete }) => complete)).toHaveLength(4)
  })

  test('of a council that knows the person by another name than PDS says so', () => {
    const [statement] = contributionOf(answer({ person: { ...person, family: 'Reed' } })).sections
    expect(statement?.warnings).toMatchObject([{ code: 'demographics-differ' }])
  })
})

test('a council that knows nobody by the number has nothing, and no longer what it once had', () => {
  expect(contributionOf({ known: false, asAt: '2026-11-22T09:30:00Z' })).toEqual({
    mode: 'snapshot',
    sections: sections.map((section) => ({ section, state: 'empty', warnings: [], complete: true })),
    entries: [],
    quarantined: []
  })
})

describe('changes', () => {
  const changes = (said: object) => contributionOf(answer({ ...empty, mode: 'changes', ...said }))
  const namesOf = ({ entries }: ReturnType<typeof changes>) =>
    entries.map((entry) => `${entry.resource ? '' : '-'}${entry.resourceType} ${entry.sourceResourceId}`)

  test('speak for what they name, and for nothing else', () => {
    const contribution = changes({ reviews: [{ id: 'r1', due: '2027-03-01' }] })
    expect(contribution).toMatchObject({ mode: 'delta', sections: [] })
    expect(namesOf(contribution)).toEqual(['Task 2004817|review/r1'])
  })

  test('withdraw what is removed', () => {
    const removed = [
      { kind: 'service', id: 's1' },
      { kind: 'contact', id: 'c1' },
      { kind: 'warning', id: 'g1' },
      { kind: 'weather', id: 'x' },
      { kind: 'review', id: 'the first' }
    ]
    expect(namesOf(changes({ removed }))).toEqual([
      '-EpisodeOfCare 2004817|service/s1',
      '-RelatedPerson 2004817|contact/c1',
      '-Flag 2004817|warning/g1'
    ])
  })

  test('of the key worker leave the team, where it is told with them', () => {
    const removed = [{ kind: 'key-worker', id: 'w1' }]
    expect(namesOf(changes({ removed, team: answer().team }))).toEqual([
      'Organization 2004817|team/t1',
      'CareTeam 2004817|care-team',
      '-Practitioner 2004817|key-worker/w1',
      '-PractitionerRole 2004817|key-worker/w1'
    ])
    expect(namesOf(changes({ removed }))).toContain('-CareTeam 2004817|care-team')
  })

  test('do not withdraw what they tell again', () => {
    const said = { warnings: answer().warnings, removed: [{ kind: 'warning', id: 'g1' }] }
    expect(namesOf(changes(said))).toEqual(['Flag 2004817|warning/g1'])
  })

  test('tell whoever asked for them whom they are about, and in which sections something is new', () => {
    const said = answer({ ...empty, mode: 'changes', warnings: answer().warnings, team: answer().team })
    expect(findCouncilChanges(said)).toEqual({
      personName: 'Patient/2004817',
      sections: ['people', 'alerts']
    })
    expect(findCouncilChanges(answer())).toBeUndefined()
    expect(findCouncilChanges({ known: false })).toBeUndefined()
  })
})

describe('whether an answer is used as a whole: one', () => {
  const reasonOf = (said: unknown) => {
    const mapped = councilAnswerToContribution(said, context)
    return mapped.outcome === 'refused' ? mapped.reason : mapped.outcome
  }

  test.each([
    ['of another NHS number', { nhsNumber: '9000000017' }, 'wrong-person'],
    ['of another birth date', { birthDate: '1951-07-01' }, 'wrong-person'],
    ['of a twin, by first name', { given: ['Maud'] }, 'wrong-person'],
    ['without an NHS number', { nhsNumber: undefined }, 'no-person'],
    ['of a number that is none', { nhsNumber: '9000000008' }, 'no-person'],
    ['without a birth date', { birthDate: undefined }, 'no-person'],
    ['without the council’s own number', { laPersonId: undefined }, 'no-person'],
    ['whose day and month are mistyped, of the same name', { birthDate: '1948-02-28' }, 'mapped'],
    ['in capitals', { given: ['ALICE'], family: 'MARSH' }, 'mapped']
  ])('%s', (_case, changes, reason) => {
    expect(reasonOf(answer({ person: { ...person, ...changes } }))).toBe(reason)
  })

  test('of a number that the person had before is', () => {
    const mapped = councilAnswerToContribution(answer({ person: { ...person, nhsNumber: '9000000017' } }), {
      ...context,
      person: { ...context.person, nhsNumbers: [...context.person.nhsNumbers, '9000000017' as never] }
    })
    expect(mapped.outcome).toBe('mapped')
  })

  test.each([
    ['no object', []],
    ['neither known nor unknown', { asAt: '2026-11-22T09:30:00Z' }],
    ['as at no time', answer({ asAt: 'now' })],
    ['in a mode of its own', answer({ mode: 'some' })],
    ['without a list: it would withdraw all of it', answer({ warnings: undefined })],
    ['longer than anybody’s', answer({ contacts: Array.from({ length: 501 }, () => ({})) })]
  ])('that is %s is none', (_case, said) => {
    expect(reasonOf(said)).toBe('not-a-record')
  })
})

describe('whatever a council sends', () => {
  const validator = createValidator()
  const loose = fc.oneof(
    fc.string({ unit: 'grapheme' }),
    fc.constantFrom('2026-02-30', '2026-01-01', 'x'.repeat(3_000), '<script>', 'dog', 'prison'),
    fc.double(),
    fc.boolean(),
    fc.constant(null),
    fc.jsonValue()
  )
  const members = ['id', 'type', 'component', 'deliveryMechanism', 'description', 'provider', 'start', 'end']
  const others = ['unitsPerWeek', 'unit', 'name', 'role', 'isCarer', 'telephone', 'due', 'kind', 'category']
  const item = fc
    .tuple(
      fc.stringMatching(/^[!-~]{1,8}$/),
      fc.dictionary(fc.constantFrom(...members, ...others, 'text'), loose)
    )
    .map(([id, made]) => ({ id, ...made }))
  const items = fc.array(fc.oneof({ weight: 5, arbitrary: item }, { weight: 1, arbitrary: loose }), {
    maxLength: 3
  })

  test('lands as valid FHIR, is kept out, or is refused', () => {
    fc.assert(
      fc.property(
        fc.record({
          mode: fc.constantFrom('full', 'changes'),
          services: items,
          contacts: items,
          reviews: items,
          warnings: items,
          keyWorker: item,
          team: item,
          removed: fc.oneof(items, loose)
        }),
        (said) => {
          const mapped = councilAnswerToContribution(answer(said), context)
          if (mapped.outcome === 'refused') return
          for (const { resource } of mapped.contribution.entries)
            if (resource) expect(validator.validate(resource)).toEqual([])
        }
      ),
      { numRuns: 300 }
    )
  })
})
