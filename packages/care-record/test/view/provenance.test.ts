import { chesil, type Encounter, type Provenance, type Resource } from '@chesil/fhir'
import { expect, test } from 'vitest'
import { hasProvenance, heldTypes, provenanceOf } from '../../src/index.ts'

const practice = { name: 'Chesil Surgery', odsCode: 'J81001' }
const meta = {
  versionId: '4',
  lastUpdated: '2026-03-02T10:00:00.000Z',
  tag: [{ system: chesil.source, code: 'gp-one' }],
  security: [{ system: chesil.label, code: 'safeguarding' }]
}
const item = (content: object): Resource =>
  ({ resourceType: 'Condition', id: 'x', meta, ...content }) as Resource
const agentsOf = ({ agent }: Provenance) =>
  agent.map(({ type, who }) => [
    type?.coding?.[0]?.code,
    who.reference ?? who.identifier?.value ?? who.display
  ])

test('has the id, version, tags and labels of its item, and names it', () => {
  const provenance = provenanceOf(item({}), practice)
  expect(provenance).toMatchObject({ id: 'x', target: [{ reference: 'Condition/x' }], meta })
})

test('names author, informant, performer, place, event and recorded date of an item', () => {
  const condition = item({
    recorder: { reference: 'Practitioner/a' },
    asserter: { reference: 'Practitioner/b' },
    onsetDateTime: '2019-04',
    recordedDate: '2019-05-01T09:30:00+01:00'
  })
  const provenance = provenanceOf(condition, practice)
  expect(agentsOf(provenance)).toEqual([
    ['author', 'Practitioner/a'],
    ['informant', 'Practitioner/b'],
    ['custodian', 'J81001']
  ])
  expect(provenance).toMatchObject({ occurredDateTime: '2019-04', recorded: '2019-05-01T09:30:00+01:00' })
  expect(provenance).not.toHaveProperty('_recorded')
})

test('of a stay is the last ward, its period and whoever took part', () => {
  const stay: Encounter = {
    resourceType: 'Encounter',
    id: 'x',
    meta,
    status: 'finished',
    class: { code: 'IMP' },
    period: { start: '2026-01-01' },
    participant: [{ individual: { display: 'Dr Ash' } }],
    location: [{ location: { display: 'Ward 1' } }, { location: { display: 'Ward 2' } }]
  }
  const provenance = provenanceOf(stay, practice)
  expect(provenance).toMatchObject({
    location: { display: 'Ward 2' },
    occurredPeriod: { start: '2026-01-01' }
  })
  expect(agentsOf(provenance)[0]).toEqual(['performer', 'Dr Ash'])
})

test('of a stay is no ward that was only planned, and nobody who only referred', () => {
  const stay = item({
    resourceType: 'Encounter',
    participant: [
      { type: [{ coding: [{ code: 'REF' }] }], individual: { display: 'Dr Oak' } },
      { type: [{ coding: [{ code: 'ATND' }] }], individual: { display: 'Dr Ash' } }
    ],
    location: [
      { location: { display: 'Ward 1' }, status: 'active' },
      { location: { display: 'Ward 2' }, status: 'planned' },
      { location: { display: 'Ward 3' }, status: 'reserved' }
    ]
  })
  const provenance = provenanceOf(stay, practice)
  expect(provenance.location).toEqual({ display: 'Ward 1' })
  expect(agentsOf(provenance)).toEqual([
    ['performer', 'Dr Ash'],
    ['custodian', 'J81001']
  ])
})

test('of an appointment is neither the person nor who will not come a performer', () => {
  const appointment = item({
    resourceType: 'Appointment',
    participant: [
      { actor: { reference: 'Patient/p' }, status: 'accepted' },
      { actor: { reference: 'Practitioner/no' }, status: 'declined' },
      { actor: { reference: 'Practitioner/yes' }, status: 'accepted' },
      { actor: { reference: 'Location/clinic' }, status: 'accepted' }
    ]
  })
  const provenance = provenanceOf(appointment, practice)
  expect(agentsOf(provenance)[0]).toEqual(['performer', 'Practitioner/yes'])
  expect(provenance.agent).toHaveLength(2)
  expect(provenance.location).toEqual({ reference: 'Location/clinic' })
})

test.each([
  ['ServiceRequest', { performer: [{ reference: 'Organization/asked' }] }],
  ['MedicationRequest', { performer: { reference: 'Organization/asked' } }],
  ['Task', { owner: { reference: 'Organization/asked' } }],
  ['CareTeam', { participant: [{ member: { reference: 'Practitioner/member' } }] }]
])('whom a %s asks or names has not thereby done anything', (resourceType, content) => {
  expect(agentsOf(provenanceOf(item({ resourceType, ...content }), practice))).toEqual([
    ['custodian', 'J81001']
  ])
})

test('whoever answered a questionnaire informs, and whoever wrote it down is the author', () => {
  const answers = item({
    resourceType: 'QuestionnaireResponse',
    source: { reference: 'Patient/p' },
    author: { display: 'Nurse Elm' }
  })
  expect(agentsOf(provenanceOf(answers, practice)).slice(0, 2)).toEqual([
    ['author', 'Nurse Elm'],
    ['informant', 'Patient/p']
  ])
})

test('of somebody whom the item contains, the name it calls them by is told', () => {
  const provenance = provenanceOf(item({ recorder: { reference: '#r', display: 'Dr Yew' } }), practice)
  expect(provenance.agent[0]?.who).toEqual({ display: 'Dr Yew' })
})

test.each([
  ['nothing', {}, []],
  ['a day', { recordedDate: '2019-05-01' }, ['2019-05-01']],
  ['what is no date', { recordedDate: 'lately' }, []]
])(
  'where the source says %s of when it wrote it down, says when it came here, and that it does',
  (_case, content, days) => {
    const provenance = provenanceOf(item(content), practice)
    expect(provenance.recorded).toBe(meta.lastUpdated)
    const { extension } = (
      provenance as { _recorded?: { extension: { url: string; valueDateTime?: string }[] } }
    )._recorded ?? { extension: [] }
    expect(extension[0]).toEqual({ url: chesil.extension('received-here'), valueBoolean: true })
    expect(extension.slice(1).map(({ valueDateTime }) => valueDateTime)).toEqual(days)
  }
)

test('invents nobody: an item that names none has its source alone', () => {
  expect(agentsOf(provenanceOf(item({ performer: [{ reference: '#inside' }] }), practice))).toEqual([
    ['custodian', 'J81001']
  ])
  const pds = { name: 'Personal Demographics Service' }
  expect(agentsOf(provenanceOf(item({}), pds))).toEqual([['custodian', pds.name]])
})

test('every listed type but itself has one', () => {
  expect(heldTypes.filter((type) => !hasProvenance(type)).sort()).toEqual(['Binary', 'Provenance'])
})
