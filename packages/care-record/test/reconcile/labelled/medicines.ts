import { medicine } from '../items.ts'
import { dmd, id, type Scenario, words } from './labelled.ts'

const of = [
  '325278007 Metformin 500mg tablets',
  '318906001 Ramipril 10mg capsules',
  '319284000 Amlodipine 10mg tablets',
  '317291008 Omeprazole 20mg gastro-resistant capsules'
]
const [metformin] = of as [string]
const from = (start: string, end?: string) => ({ effectivePeriod: { start, ...(end && { end }) } })
const dose = (text: string) => ({ dosage: [{ text }] })
const stopped = { status: 'stopped' }

export const medicineScenarios: readonly Scenario[] = [
  {
    label: 'same',
    why: 'One repeat medicine, at the practice and on admission',
    of,
    pair: (c) => [medicine(c, from('2021-03-04')), medicine(c, from('2026-05-01'))]
  },
  {
    label: 'same',
    why: 'One id, under SNOMED CT and under dm+d',
    of,
    pair: (c) => [medicine(c, from('2024-01-05')), medicine(dmd(c), from('2024-01-05'))]
  },
  {
    label: 'same',
    why: 'One course, its end known to one only',
    of,
    pair: (c) => [
      medicine(c, { status: 'completed', ...from('2026-05-01', '2026-05-08') }),
      medicine(c, { status: 'completed', ...from('2026-05-01') })
    ]
  },
  {
    label: 'same',
    why: 'A dose in other words',
    hard: true,
    of,
    pair: (c) => [
      medicine(c, { ...from('2024-01-05'), ...dose('One tablet twice a day') }),
      medicine(c, { ...from('2024-01-05'), ...dose('Take 1 tablet BD') })
    ]
  },
  {
    label: 'same',
    why: 'Active in both, undated in one',
    of,
    pair: (c) => [medicine(c, from('2024-01-05')), medicine(c)]
  },
  {
    label: 'same',
    why: 'Strength written in grams',
    hard: true,
    of: ['1 Paracetamol 500mg tablets', '2 Aspirin 0.3g tablets'],
    pair: (c) => [
      medicine(c, from('2024')),
      medicine(
        `${id(c)} ${c.includes('Para') ? 'Paracetamol 0.5g tablets' : 'Aspirin 300mg tablets'}`,
        from('2024')
      )
    ]
  },
  {
    label: 'conflict',
    why: 'Active here, stopped there while it was going on',
    of,
    pair: (c) => [
      medicine(c, from('2021-03-04')),
      medicine(c, { ...stopped, ...from('2022-01-01', '2026-05-01') })
    ]
  },
  {
    label: 'conflict',
    why: 'One dose here, another there',
    of,
    pair: (c) => [
      medicine(c, { ...from('2024-01-05'), ...dose('One once a day') }),
      medicine(c, { ...from('2024-02-05'), ...dose('Two twice a day') })
    ]
  },
  {
    label: 'conflict',
    why: 'On hold on the ward, active at the practice',
    hard: true,
    of,
    pair: (c) => [medicine(c, from('2024-01-05')), medicine(c, { status: 'on-hold', ...from('2026-05-01') })]
  },
  {
    label: 'conflict',
    why: 'More in the morning is not more at night',
    hard: true,
    of,
    pair: (c) => [
      medicine(c, { ...from('2024-01-05'), ...dose('1 tablet in the morning, 2 tablets at night') }),
      medicine(c, { ...from('2024-01-05'), ...dose('2 tablets in the morning, 1 tablet at night') })
    ]
  },
  {
    label: 'conflict',
    why: 'Ten times the dose, by a point',
    hard: true,
    of,
    pair: (c) => [
      medicine(c, { ...from('2024-01-05'), ...dose('2.5 mg once a day') }),
      medicine(c, { ...from('2024-01-05'), ...dose('25mg daily') })
    ]
  },
  {
    label: 'conflict',
    why: 'Half a dose is another dose',
    hard: true,
    of,
    pair: (c) => [
      medicine(c, { ...from('2024-01-05'), ...dose('One tablet daily') }),
      medicine(c, { ...from('2024-01-05'), ...dose('Half a tablet daily') })
    ]
  },
  {
    label: 'different',
    why: 'Another strength of one substance',
    of,
    pair: (c) => [
      medicine(c, from('2024-01-05')),
      medicine(`9${id(c)} ${c.replace(/^\S+ /, '').replace(/\d+mg/, '850mg')}`, from('2024-01-05'))
    ]
  },
  {
    label: 'different',
    why: 'Modified release has an id of its own',
    hard: true,
    of,
    pair: (c) => [
      medicine(c, from('2024-01-05')),
      medicine(`8${id(c)} ${c.replace(/^\S+ /, '')} modified-release`, from('2024-01-05'))
    ]
  },
  {
    label: 'different',
    why: 'One id, and a name of modified release on one: a wrong code',
    hard: true,
    of,
    pair: (c) => [medicine(c, from('2024-01-05')), medicine(`${c} modified-release`, from('2024-01-05'))]
  },
  {
    label: 'different',
    why: 'One id, and names of two strengths: a wrong code',
    hard: true,
    of,
    pair: (c) => [medicine(c, from('2024-01-05')), medicine(c.replace(/\d+mg/, '999mg'), from('2024-01-05'))]
  },
  {
    label: 'different',
    why: 'Words alone never say that two medicines are one',
    hard: true,
    of,
    pair: (c) => [medicine(c, from('2024-01-05')), medicine(words(c), from('2024-01-05'))]
  },
  {
    label: 'different',
    why: 'Two sets of words',
    hard: true,
    of,
    pair: (c) => [medicine(words(c), from('2024-01-05')), medicine(words(c), from('2024-01-05'))]
  },
  {
    label: 'different',
    why: 'Two lines of one source: a reducing dose',
    hard: true,
    oneSource: true,
    of,
    pair: (c) => [
      medicine(c, { ...from('2024-01-05'), ...dose('Two a day') }),
      medicine(c, { ...from('2024-01-05'), ...dose('One a day') })
    ]
  },
  {
    label: 'different',
    why: 'A course years ago and one now',
    of,
    pair: (c) => [
      medicine(c, { status: 'completed', ...from('2019-01-05', '2019-01-12') }),
      medicine(c, from('2026-05-01'))
    ]
  },
  {
    label: 'different',
    why: 'Ended before the other began',
    hard: true,
    of,
    pair: (c) => [
      medicine(c, { status: 'completed', ...from('2026-04-01', '2026-04-30') }),
      medicine(c, { status: 'completed', ...from('2026-05-01', '2026-05-14') })
    ]
  },
  {
    label: 'different',
    why: 'Ended once, nobody knows when',
    hard: true,
    of,
    pair: (c) => [medicine(c, { status: 'completed' }), medicine(c, from('2026-05-01'))]
  },
  {
    label: 'different',
    why: 'A substance alone is no product',
    hard: true,
    of: ['109081006 Metformin', '108979001 Clopidogrel', '387584000 Warfarin'],
    pair: (c) => [medicine(c, from('2024')), medicine(c, from('2024'))]
  },
  {
    label: 'different',
    why: 'Two brands of one insulin',
    hard: true,
    of: ['1'],
    pair: () => [
      brands('11 Humulin 100units/ml cartridges', '10 Insulin 100units/ml cartridges'),
      brands('12 Insuman 100units/ml cartridges', '10 Insulin 100units/ml cartridges')
    ]
  },
  {
    label: 'same',
    why: 'A brand whose source names its generic too, and the generic',
    hard: true,
    of: ['1'],
    pair: () => [brands('11 Glucophage 500mg tablets', metformin), medicine(metformin, from('2024-01-05'))]
  },
  {
    label: 'different',
    why: 'A brand, and a generic that neither source says it is',
    hard: true,
    of: ['1'],
    pair: () => [
      medicine('11 Glucophage 500mg tablets', from('2024-01-05')),
      medicine(metformin, from('2024-01-05'))
    ]
  },
  {
    label: 'different',
    why: 'Two salts of one substance',
    hard: true,
    of: ['1'],
    pair: () => [
      medicine('21 Perindopril erbumine 4mg tablets', from('2024')),
      medicine('22 Perindopril arginine 5mg tablets', from('2024'))
    ]
  }
]

/** One medicine whose source names the brand and what it is a brand of. */
function brands(brand: string, generic: string) {
  const [one, other] = [medicine(brand), medicine(generic)]
  const coding = [
    ...(one.medicationCodeableConcept.coding ?? []),
    ...(other.medicationCodeableConcept.coding ?? [])
  ]
  return { ...one, medicationCodeableConcept: { coding }, ...from('2024-01-05') }
}
