import type { CouncilColumn, SomeCells } from './columns.ts'

export type CareEventType = 'Request' | 'Assessment' | 'Service' | 'Review'

/**
 * What one row leads to, at a receiver that has taken all submissions before it.
 *
 * - `taken`: it is an event of the person
 * - `doubted`: the same, and some columns hold what cannot be; they are kept as they came
 * - `rejected`: nothing is made of it
 */
export interface RowExpectation {
  readonly effect: 'taken' | 'doubted' | 'rejected'
  /** Why it is rejected. */
  readonly reason?: 'no-person' | 'no-start' | 'no-event-type'
  /** Which columns are doubted. */
  readonly doubts?: readonly CouncilColumn[]
  /**
   * What a later submission does to the event: it does not name it (`missing`), not for a time (`returns`), or says
   * something else of it (`corrected`).
   */
  readonly later?: 'missing' | 'returns' | 'corrected'
  /** What the receiver holds of it; nothing when it is rejected. */
  readonly event?: {
    readonly type: CareEventType
    /** An ISO date. */
    readonly start: string
    /** An ISO date, not after the date of death that the row says. */
    readonly end?: string
  }
}

/** Something that happens to a person, as the council's system has it at the day of the extract. */
export interface CareEvent {
  /** Unique for the person, the same in every submission. Never written: a receiver has to find out by itself. */
  readonly id: string
  readonly type: CareEventType
  /** An ISO date. */
  readonly start: string
  /** An ISO date, which can lie ahead; absent for a service that goes on. */
  readonly end?: string
  /** The end is said before it has come. */
  readonly planned?: true
  /** In the words of release 2. What stands here is written even where it contradicts the rest. */
  readonly cells: SomeCells
  readonly expects: Omit<RowExpectation, 'event'>
}

type Telling = Pick<CareEvent, 'start'> &
  Partial<Pick<CareEvent, 'end' | 'planned' | 'expects'>> & { readonly cells?: SomeCells }

const taken = { effect: 'taken' } as const

const told = (
  id: string,
  type: CareEventType,
  { expects = taken, ...telling }: Telling,
  cells: SomeCells
) => ({
  id,
  type,
  ...telling,
  cells: { ...cells, ...telling.cells },
  expects
})

export const request = (id: string, route: string, telling: Telling): CareEvent =>
  told(id, 'Request', telling, {
    Request_Route_of_Access: route,
    Event_Description: 'Contact, adult social care',
    Event_Outcome: 'Progress to assessment, review or reassessment'
  })

export const assessment = (id: string, type: string, telling: Telling): CareEvent =>
  told(id, 'Assessment', telling, {
    Assessment_Type: type,
    Eligible_Needs_Identified: 'Yes',
    Method_of_Assessment: 'Face to face',
    Event_Outcome: 'Progress to support planning or services'
  })

export const review = (id: string, reason: string, telling: Telling): CareEvent =>
  told(id, 'Review', telling, {
    Review_Reason: reason,
    Review_Outcomes_Achieved: 'Fully achieved',
    Method_of_Review: 'Telephone',
    Event_Outcome: 'Continuation of support or services'
  })

/** @param kind `Service_Type` and `Service_Component`, by which and its start a service is known again. */
export const service = (id: string, kind: readonly [string, string], telling: Telling): CareEvent =>
  told(id, 'Service', telling, {
    Service_Type: kind[0],
    Service_Component: kind[1],
    Delivery_Mechanism: 'CASSR managed personal budget',
    Unit_Cost: '22.40',
    Cost_Frequency_Unit_Type: 'Hourly',
    Planned_units_per_week: '7'
  })
