import { systems } from '@chesil/fhir'
import { concept } from '../items.ts'
import type { Scenario } from './labelled.ts'

const hospitals = ['RBD', 'R0D', 'RDY']
const stay = (ods: string, start: string, content: object = {}) => ({
  resourceType: 'Encounter' as const,
  status: 'finished',
  class: { code: 'IMP' },
  serviceProvider: { identifier: { system: systems.odsOrganisation, value: ods } },
  period: { start },
  ...content
})
const number = (system: string, value: string) => ({ identifier: [{ system, value }] })
const letter = (content: object) => ({
  resourceType: 'DocumentReference' as const,
  status: 'current',
  content: [],
  ...content
})
const file = (hash: string) => ({ content: [{ attachment: { hash } }] })
const doctor = (system: string, value: string, content: object = {}) => ({
  resourceType: 'Practitioner' as const,
  ...number(system, value),
  ...content
})
const nameless = (text: string) => ({ resourceType: 'Practitioner' as const, name: [{ text }] })
const organisation = (code: string) => ({
  resourceType: 'Organization' as const,
  ...number(systems.odsOrganisation, code)
})
const relative = (name: string, relationship: string, content: object = {}) => ({
  resourceType: 'RelatedPerson' as const,
  name: [{ text: name }],
  relationship: [{ text: relationship }],
  ...content
})
const care = (ods: string, start: string, content: object = {}) => ({
  resourceType: 'EpisodeOfCare' as const,
  status: 'active',
  type: [concept('https://care.test:home-care Home care')],
  managingOrganization: { identifier: { system: systems.odsOrganisation, value: ods } },
  period: { start },
  ...content
})
const visits = 'https://trust.test/Id/visit'
const relatives = ['Ann Shore', 'Benjamin Cove', 'Carol Pebble']
const admitted = '2026-02-03T14:20:00Z'

export const otherScenarios: readonly Scenario[] = [
  {
    label: 'same',
    why: 'One stay by its number',
    of: hospitals,
    pair: (o) => [stay(o, admitted, number(visits, '5')), stay(o, '2026-02-03', number(visits, '5'))]
  },
  {
    label: 'same',
    why: 'One hospital, class and beginning',
    of: hospitals,
    pair: (o) => [stay(o, admitted), stay(o, '2026-02-03')]
  },
  {
    label: 'conflict',
    why: 'Under way here, finished there',
    of: hospitals,
    pair: (o) => [stay(o, admitted), stay(o, admitted, { status: 'in-progress' })]
  },
  {
    label: 'different',
    why: 'Two hospitals on one day: a transfer',
    hard: true,
    of: hospitals,
    pair: (o) => [stay(o, '2026-02-03'), stay('RTH', '2026-02-03')]
  },
  {
    label: 'different',
    why: 'The emergency department, then the ward',
    hard: true,
    of: hospitals,
    pair: (o) => [stay(o, '2026-02-03', { class: { code: 'EMER' } }), stay(o, '2026-02-03')]
  },
  {
    label: 'different',
    why: 'Admitted again',
    of: hospitals,
    pair: (o) => [stay(o, '2026-02-03'), stay(o, '2026-02-13')]
  },
  {
    label: 'same',
    why: 'One letter by its number',
    of: ['1', '2', '3'],
    pair: (n) => [letter(number('urn:x', n)), letter(number('urn:x', n))]
  },
  {
    label: 'same',
    why: 'Every byte of a letter, filed by both',
    of: ['hash-1', 'hash-2'],
    pair: (h) => [letter(file(h)), letter(file(h))]
  },
  {
    label: 'conflict',
    why: 'Current here, superseded there',
    of: ['1', '2', '3'],
    pair: (n) => [letter(number('urn:x', n)), letter({ ...number('urn:x', n), status: 'superseded' })]
  },
  {
    label: 'different',
    why: 'One value under two systems',
    hard: true,
    of: ['1', '2', '3'],
    pair: (n) => [letter(number('urn:x', n)), letter(number('urn:y', n))]
  },
  {
    label: 'different',
    why: 'Letters of one title',
    hard: true,
    of: ['Clinic letter', 'Discharge letter'],
    pair: (t) => [letter({ description: t }), letter({ description: t })]
  },
  {
    label: 'same',
    why: 'One doctor by GMC number',
    of: ['1234567', '7654321'],
    pair: (n) => [
      doctor(systems.gmcNumber, n),
      doctor(systems.gmcNumber, n, { name: [{ text: 'Dr A Other' }] })
    ]
  },
  {
    label: 'different',
    why: 'Two doctors of one name',
    hard: true,
    of: ['Dr J Smith', 'Dr A Patel'],
    pair: (t) => [
      doctor(systems.gmcNumber, '1', { name: [{ text: t }] }),
      doctor(systems.gmcNumber, '2', { name: [{ text: t }] })
    ]
  },
  {
    label: 'different',
    why: 'A name and no number',
    hard: true,
    of: ['Dr J Smith', 'Dr A Patel'],
    pair: (t) => [nameless(t), nameless(t)]
  },
  {
    label: 'same',
    why: 'One organisation by ODS code',
    of: hospitals,
    pair: (o) => [organisation(o), organisation(o)]
  },
  {
    label: 'same',
    why: 'A daughter, with and without her title',
    of: relatives,
    pair: (n) => [relative(n, 'Daughter'), relative(`Mrs ${n}`, 'daughter')]
  },
  {
    label: 'same',
    why: 'A daughter, in HL7’s code for it',
    hard: true,
    of: relatives,
    pair: (n) => [
      relative(n, 'Daughter'),
      relative(n, 'x', { relationship: [{ coding: [{ code: 'DAU' }] }] })
    ]
  },
  {
    label: 'different',
    why: 'One name, another relationship',
    hard: true,
    of: relatives,
    pair: (n) => [relative(n, 'Son'), relative(n, 'Father')]
  },
  {
    label: 'different',
    why: 'One name and relationship, another birth date',
    hard: true,
    of: relatives,
    pair: (n) => [
      relative(n, 'Cousin', { birthDate: '1960-01-02' }),
      relative(n, 'Cousin', { birthDate: '1988-01-02' })
    ]
  },
  {
    label: 'different',
    why: 'Next of kin of one name: whose relation is not told',
    hard: true,
    of: relatives,
    pair: (n) => [relative(n, 'Next of kin'), relative(n, 'Next of kin')]
  },
  {
    label: 'different',
    why: 'Two sisters',
    of: relatives,
    pair: (n) => [relative(n, 'Sister'), relative(`Zoe ${n.split(' ')[1]}`, 'Sister')]
  },
  {
    label: 'same',
    why: 'One service, in a council’s extract and in its system',
    of: ['E10000009', 'E06000058'],
    pair: (o) => [care(o, '2025-04-01'), care(o, '2025-04-01')]
  },
  {
    label: 'conflict',
    why: 'The service goes on here and has ended there',
    of: ['E10000009', 'E06000058'],
    pair: (o) => [care(o, '2025-04-01'), care(o, '2025-04-01', { status: 'finished' })]
  },
  {
    label: 'different',
    why: 'The same service of two councils: the person moved',
    hard: true,
    of: ['E10000009', 'E06000058'],
    pair: (o) => [care(o, '2025-04-01'), care('E10000014', '2025-04-01')]
  },
  {
    label: 'different',
    why: 'The service, begun anew',
    of: ['E10000009', 'E06000058'],
    pair: (o) => [care(o, '2024-04-01'), care(o, '2025-04-01')]
  }
]
