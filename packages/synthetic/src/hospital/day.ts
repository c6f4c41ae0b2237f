import type { Person } from '../people.ts'
import { createRandom } from '../random.ts'
import { createChart, type Story } from './chart.ts'
import type { HospitalMessage } from './hospital-message.ts'
import { hospitalPatient } from './hospital-patient.ts'
import { everydayStories, particularStories } from './stories/index.ts'
import type { Trust } from './trusts.ts'

export interface HospitalDayOptions {
  /** Another seed tells of other visits, of the same people under the same numbers. */
  readonly seed: string
  /** As practices and PDS know them; at least one. */
  readonly people: readonly Person[]
  /** An ISO date: the day that is told. */
  readonly asAt: string
  readonly trust: Trust
}

/**
 * What a trust's systems say on one day, in the order in which its engine sends it: one to three everyday stories
 * of each person, and each particular story once.
 *
 * @throws RangeError when there is nobody.
 */
export function hospitalDay({ seed, people, asAt, trust }: HospitalDayOptions): readonly HospitalMessage[] {
  if (people.length === 0) throw new RangeError('A day in hospital needs a person')
  const tell = (name: string, story: Story, index: number): readonly HospitalMessage[] => {
    const patient = hospitalPatient(people[index] as Person)
    return story(createChart({ name: `${name}-${index + 1}`, seed, trust, patient, day: asAt }))
  }
  const everyday = people.flatMap((person, index) =>
    everydayOf(person, seed).flatMap(([name, story]) => tell(name, story, index))
  )
  const particular = Object.entries(particularStories).flatMap(([name, story], index) =>
    tell(name, story, index % people.length)
  )
  return [...everyday, ...particular].sort(bySending)
}

function everydayOf({ nhsNumber }: Person, seed: string): readonly [string, Story][] {
  const random = createRandom(`everyday ${seed} ${nhsNumber}`)
  const stories = Object.entries(everydayStories)
  const first = random.integer(0, stories.length - 1)
  return Array.from(
    { length: random.integer(1, 3) },
    (_, index) => stories[(first + index) % stories.length] as [string, Story]
  )
}

/** What was recorded at the same time keeps the order of its names, whoever else there is. */
function bySending(a: HospitalMessage, b: HospitalMessage): number {
  const [first, second] = [`${a.sentAt} ${a.name}`, `${b.sentAt} ${b.name}`]
  return first < second ? -1 : Number(first > second)
}
