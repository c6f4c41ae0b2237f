import { allergy, statusConcept } from '../items.ts'
import { type Scenario, words } from './labelled.ts'

const of = [
  '91936005 Allergy to penicillin',
  '91935009 Allergy to peanuts',
  '300916003 Latex allergy',
  '91931000 Allergy to erythromycin',
  '300909004 Allergic reaction to wasp sting'
]
const severity = (one: string) => ({ reaction: [{ manifestation: [{ text: 'Rash' }], severity: one }] })
const ended = { clinicalStatus: statusConcept('resolved') }

export const allergyScenarios: readonly Scenario[] = [
  {
    label: 'same',
    why: 'The practice and the hospital know of one allergy',
    of,
    pair: (c) => [allergy(c), allergy(c)]
  },
  {
    label: 'same',
    why: 'Recorded years apart: an allergy is not an episode',
    of,
    pair: (c) => [allergy(c, { onsetDateTime: '2009' }), allergy(c, { recordedDate: '2025-02-03' })]
  },
  {
    label: 'same',
    why: 'Entered twice by one practice: still one allergy',
    hard: true,
    oneSource: true,
    of,
    pair: (c) => [allergy(c), allergy(c)]
  },
  {
    label: 'same',
    why: 'One says how bad it was, the other nothing',
    of,
    pair: (c) => [allergy(c, severity('severe')), allergy(c)]
  },
  {
    label: 'conflict',
    why: 'Mild here, severe there: whoever prescribes must see both',
    of,
    pair: (c) => [allergy(c, severity('mild')), allergy(c, severity('severe'))]
  },
  { label: 'conflict', why: 'Active here, resolved there', of, pair: (c) => [allergy(c), allergy(c, ended)] },
  {
    label: 'conflict',
    why: 'High risk here, low there',
    of,
    pair: (c) => [allergy(c, { criticality: 'high' }), allergy(c, { criticality: 'low' })]
  },
  {
    label: 'conflict',
    why: 'Refuted by an allergy clinic, active at the practice',
    hard: true,
    of,
    pair: (c) => [allergy(c), allergy(c, { verificationStatus: statusConcept('refuted') })]
  },
  {
    label: 'different',
    why: 'Words alone never say that two allergies are one',
    hard: true,
    of,
    pair: (c) => [allergy(c), allergy(words(c))]
  },
  {
    label: 'different',
    why: 'Entered in error: said to be nothing',
    hard: true,
    of,
    pair: (c) => [allergy(c), allergy(c, { verificationStatus: statusConcept('entered-in-error') })]
  },
  {
    label: 'different',
    why: 'Another substance',
    of,
    pair: (c) => [allergy(c), allergy('294505008 Allergy to amoxicillin')]
  },
  {
    label: 'same',
    why: 'The finding, and the substance it is an allergy to',
    hard: true,
    of: [
      '91936005|764146007 Penicillin',
      '91931000|372694001 Erythromycin',
      '294505008|372687004 Amoxicillin'
    ],
    pair: (c) => [allergy(c.split('|')[0] ?? ''), allergy(c.split('|')[1] ?? '')]
  },
  {
    label: 'different',
    why: 'A class and one of its members: who bears the one may not bear the other',
    hard: true,
    of: ['91936005 Allergy to penicillin'],
    pair: (c) => [allergy(c), allergy('372687004 Amoxicillin')]
  },
  {
    label: 'different',
    why: 'Peanuts are no nuts',
    hard: true,
    of: ['91935009 Allergy to peanuts'],
    pair: (c) => [allergy(c), allergy('91934008 Allergy to nut')]
  }
]
