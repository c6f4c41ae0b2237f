import { daysBefore } from '../dates.ts'
import type { Person } from '../people.ts'
import { createRandom, type Random } from '../random.ts'

/** An English council with responsibilities for adult social care. */
export interface Council {
  /** Three digits; those of a council that there is are not needed. */
  readonly laCode: string
  readonly name: string
}

/** From where a submission looks at a person's care. Dates are ISO dates. */
export interface Extract {
  readonly seed: string
  readonly council: Council
  /** Both days are in it. The extract is of the last one. */
  readonly period: { readonly start: string; readonly end: string }
  /** 1 for the first submission of a period, 2 for the one that corrects it. */
  readonly sending: number
}

/** What a story is told from: the same person, story and seed give the same care whatever the extract is. */
export interface CaseFile {
  readonly person: Person
  readonly council: Council
  readonly random: Random
  /** An ISO date: since when the person has what this story tells. */
  readonly since: string
  /** The quarter of the extract. */
  readonly current: Pick<Quarter, 'index' | 'name'>
  readonly sending: number
  /** The council's own numbers of two other persons; fewer for the first ones of all. */
  readonly relatives: readonly string[]
  /** Those of the period and two before it: what begins in a quarter is over when the second one after it is. */
  quarters(): readonly Quarter[]
}

/** A quarter of the year in a person's story. */
export interface Quarter {
  /** Counts quarters; the next one is one more. */
  readonly index: number
  /** e.g. `2026Q3` */
  readonly name: string
  /** @param days After the first day, which is 0. */
  day(days: number): string
  /** Whether the extract is of a later quarter. */
  readonly isOver: boolean
  readonly random: Random
}

/** Who was not of age then is not in the care of adults, however late the period is: so that stories stay with persons. */
export const adultsBornBefore = '2008-01-01'

interface CaseFacts {
  readonly person: Person
  readonly story: string
  readonly extract: Extract
  readonly relatives: readonly string[]
}

export function createCaseFile({ person, story, extract, relatives }: CaseFacts): CaseFile {
  const { council, period, sending } = extract
  const seed = `council ${extract.seed} ${council.laCode} ${person.nhsNumber} ${story}`
  const random = createRandom(seed)
  const since = firstDay(person, random)
  const now = quarterOf(period.end)
  return {
    person,
    council,
    random,
    since,
    current: { index: now, name: quarterName(now) },
    sending,
    relatives,
    quarters() {
      const first = Math.max(quarterOf(period.start) - 2, quarterOf(since))
      return Array.from({ length: Math.max(0, now - first + 1) }, (_, place) => {
        const index = first + place
        const name = quarterName(index)
        return {
          index,
          name,
          day: (days: number) => daysBefore(quarterStart(index), -days),
          isOver: index < now,
          random: createRandom(`${seed} ${name}`)
        }
      })
    }
  }
}

/** From 2016 to 2023, of age, and alive for another year. */
function firstDay({ birthDate, deathDate }: Person, random: Random): string {
  const chosen = daysBefore('2024-01-01', random.integer(1, 2900))
  const ofAge = `${Number(birthDate.slice(0, 4)) + 18}${birthDate.slice(4)}`
  const since = chosen > ofAge ? chosen : ofAge
  const latest = deathDate === undefined ? since : daysBefore(deathDate, 400)
  return since < latest ? since : latest
}

const quarterOf = (date: string): number =>
  Number(date.slice(0, 4)) * 4 + Math.floor((Number(date.slice(5, 7)) - 1) / 3)
const quarterStart = (index: number): string =>
  `${Math.floor(index / 4)}-${String((index % 4) * 3 + 1).padStart(2, '0')}-01`
const quarterName = (index: number): string => `${Math.floor(index / 4)}Q${(index % 4) + 1}`
