import {
  type CouncilRow,
  councilPeople,
  councilRows,
  createPeople,
  createPractices,
  type SubmissionOptions
} from '../../src/index.ts'

export const practices = createPractices(5)
export const council = { laCode: '999', name: 'Chesil Council' }

/** Those of the demo, and as many more. */
export const demoPeople = createPeople({ seed: 'demo', count: 20, practices })
export const people = [...councilPeople({ seed: 'demo', count: 1200, practices, first: demoPeople })]

export const quarter = (year: number, number: 1 | 2 | 3 | 4) => {
  const pad = (month: number) => String(month).padStart(2, '0')
  return {
    start: `${year}-${pad(number * 3 - 2)}-01`,
    end: `${year}-${pad(number * 3)}-${number === 1 || number === 4 ? 31 : 30}`
  }
}

export const rowsOf = (options: Partial<SubmissionOptions> = {}): readonly CouncilRow[] => [
  ...councilRows({ seed: 'demo', people, council, period: quarter(2026, 3), release: 2, ...options })
]

/** Whichever way it was written. */
export const isoDate = (text: string): string =>
  text.replace(/^(\d{2})\/(\d{2})\/(\d{4})$/, (_, day, month, year) => `${year}-${month}-${day}`)
