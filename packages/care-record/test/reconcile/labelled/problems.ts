import { concept, condition, statusConcept } from '../items.ts'
import { type Scenario, words } from './labelled.ts'

const of = [
  '195967001 Asthma',
  '44054006 Type 2 diabetes mellitus',
  '90560007 Gout',
  '40930008 Hypothyroidism'
]
const acute = ['65363002 Otitis media', '233604007 Pneumonia', '54150009 Upper respiratory infection']
const ended = { clinicalStatus: statusConcept('resolved') }
const onset = (at: string) => ({ onsetDateTime: at })
const site = (code: string) => ({ bodySite: [concept(code)] })
const eye = { left: site('8966001 Left eye'), right: site('18944008 Right eye') }

export const problemScenarios: readonly Scenario[] = [
  {
    label: 'same',
    why: 'A lasting problem, active in both, dated otherwise',
    of,
    pair: (c) => [condition(c, onset('1998')), condition(c, onset('2001-04-02'))]
  },
  {
    label: 'same',
    why: 'A lasting problem, dated by neither',
    of,
    pair: (c) => [condition(c), condition(c)]
  },
  {
    label: 'same',
    why: 'The same day, known to one as a year',
    of: acute,
    pair: (c) => [
      condition(c, { ...ended, ...onset('2024-03-05') }),
      condition(c, { ...ended, ...onset('2024') })
    ]
  },
  {
    label: 'same',
    why: 'The day it was recorded, and the day it began before that',
    of: acute,
    pair: (c) => [
      condition(c, { ...ended, ...onset('2024-03-05') }),
      condition(c, { ...ended, recordedDate: '2024-03-09' })
    ]
  },
  {
    label: 'same',
    why: 'Words, where the other has a code of the same name',
    hard: true,
    of,
    pair: (c) => [condition(c), condition(words(c))]
  },
  {
    label: 'same',
    why: 'ICD-10 of the hospital, SNOMED CT of the practice',
    hard: true,
    of: [
      '195967001|icd10:J45.9',
      '44054006|icd10:E11.9',
      '90560007|icd10:M10.9',
      '40930008|icd10:E03.9',
      '49436004|icd10:I48.9'
    ],
    pair: (c) => [condition(c.split('|')[0] ?? ''), condition(c.split('|')[1] ?? '')]
  },
  {
    label: 'same',
    why: 'Read of an old record, SNOMED CT of a new one',
    hard: true,
    of: ['195967001|read:H33..', '44054006|read:C10F.', '90560007|read:C34..', '38341003|read:G20..'],
    pair: (c) => [condition(c.split('|')[0] ?? ''), condition(c.split('|')[1] ?? '')]
  },
  {
    label: 'same',
    why: 'Essential hypertension is what is called hypertension',
    hard: true,
    of: ['38341003 Hypertension'],
    pair: (c) => [condition(c), condition('59621000 Essential hypertension')]
  },
  {
    label: 'conflict',
    why: 'Active here, resolved there',
    of,
    pair: (c) => [condition(c, onset('2019-03')), condition(c, { ...ended, ...onset('2019-03') })]
  },
  {
    label: 'conflict',
    why: 'Active here, resolved there on no day',
    of,
    pair: (c) => [condition(c, onset('2019-03')), condition(c, ended)]
  },
  {
    label: 'conflict',
    why: 'Refuted in hospital, active at the practice',
    hard: true,
    of,
    pair: (c) => [
      condition(c, onset('2024-03-05')),
      condition(c, { ...onset('2024-03-05'), verificationStatus: statusConcept('refuted') })
    ]
  },
  {
    label: 'different',
    why: 'Two episodes, years apart',
    of: acute,
    pair: (c) => [
      condition(c, { ...ended, ...onset('2015-03-05') }),
      condition(c, { ...ended, ...onset('2024-03-05') })
    ]
  },
  {
    label: 'different',
    why: 'Over long ago, and here again',
    hard: true,
    of: acute,
    pair: (c) => [condition(c, { ...ended, ...onset('2015-03-05') }), condition(c, onset('2024-03-05'))]
  },
  {
    label: 'different',
    why: 'Two episodes within a month',
    hard: true,
    of: acute,
    pair: (c) => [
      condition(c, { ...ended, ...onset('2024-03-05') }),
      condition(c, { ...ended, ...onset('2024-03-25') })
    ]
  },
  {
    label: 'different',
    why: 'Began after the other had recorded it',
    hard: true,
    of: acute,
    pair: (c) => [
      condition(c, { ...ended, ...onset('2024-03-05') }),
      condition(c, { ...ended, recordedDate: '2023-01-09' })
    ]
  },
  {
    label: 'different',
    why: 'Two entries of one source',
    hard: true,
    oneSource: true,
    of: acute,
    pair: (c) => [condition(c, onset('2024-03-05')), condition(c, onset('2024-03-05'))]
  },
  {
    label: 'different',
    why: 'Another problem',
    of,
    pair: (c) => [condition(c), condition('84757009 Epilepsy')]
  },
  {
    label: 'different',
    why: 'The left eye and the right',
    hard: true,
    of: ['193570009 Cataract', '9826008 Conjunctivitis', '23986001 Glaucoma'],
    pair: (c) => [condition(c, eye.left), condition(c, eye.right)]
  },
  {
    label: 'different',
    why: 'Type 1 is not type 2',
    hard: true,
    of: ['44054006 Type 2 diabetes mellitus'],
    pair: (c) => [condition(c), condition('46635009 Type 1 diabetes mellitus')]
  },
  {
    label: 'different',
    why: 'Entered in error',
    of,
    pair: (c) => [condition(c), condition(c, { verificationStatus: statusConcept('entered-in-error') })]
  },
  {
    label: 'different',
    why: 'Words that only hold the other’s',
    hard: true,
    of: ['195967001 Asthma', '90560007 Gout'],
    pair: (c) => [condition(c), condition(`text:No ${c.split(' ')[1]}`)]
  }
]
