import { createRandom, type Random } from '../random.ts'
import { components, escapeText, segment, timestamp } from './hl7-text.ts'
import codes from './hospital-codes.json' with { type: 'json' }
import type { Expectation, ExpectedItem, HospitalMessage } from './hospital-message.ts'
import type { HospitalPatient } from './hospital-patient.ts'
import type { Trust } from './trusts.ts'
import type { Consultant, TreatmentFunction } from './visit-segments.ts'

/** What happens to one person in one story: the messages that tell it. */
export type Story = (chart: Chart) => readonly HospitalMessage[]

/** Minutes since midnight, by the clock on the wall. */
export type Minutes = number

export interface Chart {
  readonly trust: Trust
  readonly patient: HospitalPatient
  readonly random: Random
  readonly consultant: Consultant
  readonly treatmentFunction: TreatmentFunction
  /** A number that no other thing at this trust has. */
  serial(prefix: string): string
  at(minutes: Minutes): string
  message(telling: Telling): HospitalMessage
}

export interface Telling {
  /** e.g. `ADT^A01` */
  readonly event: string
  /** When it was recorded. */
  readonly recorded: Minutes
  /** When it happened; else when it was recorded. */
  readonly occurred?: Minutes
  /** When it is sent; else as soon as it was recorded. */
  readonly sent?: Minutes
  /** All that follow MSH and EVN. */
  readonly segments: readonly string[]
  readonly expects: Expectation
  readonly application?: keyof Trust['applications']
  /** Whom it is about, where that is not the chart's patient. */
  readonly about?: HospitalPatient
  readonly charset?: HospitalMessage['charset']
  readonly controlId?: string
}

export interface ChartOptions {
  /** Of the story, unique in the day, e.g. `inpatient-3`. */
  readonly name: string
  readonly seed: string
  readonly trust: Trust
  readonly patient: HospitalPatient
  /** The ISO date of the day that is told. */
  readonly day: string
}

/** Structures that several events share; elsewhere the structure has the event's own name. */
const structures: Readonly<Record<string, string>> = {
  A04: 'ADT_A01',
  A08: 'ADT_A01',
  A13: 'ADT_A01',
  A11: 'ADT_A09',
  A12: 'ADT_A09',
  A28: 'ADT_A05',
  A31: 'ADT_A05',
  A40: 'ADT_A39',
  A45: 'ADT_A43',
  T10: 'MDM_T02',
  T11: 'MDM_T01',
  S13: 'SIU_S12',
  S15: 'SIU_S12'
}

export function createChart({ name, seed, trust, patient, day }: ChartOptions): Chart {
  const random = createRandom(`${seed} ${trust.odsCode} ${day} ${name} ${patient.personKey}`)
  const second = random.integer(0, 59)
  const six = () => String(random.integer(0, 999_999)).padStart(6, '0')
  const serial = (prefix: string) => `${prefix}${six()}${six()}`
  const at = (minutes: Minutes) => timestamp(day, minutes, second)
  let step = 0

  function message(telling: Telling): HospitalMessage {
    const { event, recorded, expects, application = 'administration', charset = 'utf-8' } = telling
    const controlId = telling.controlId ?? serial('')
    const facts = { event, controlId, recordedAt: at(recorded), charset, application, trust }
    const segments = [headerOf(facts), ...eventSegment(telling, at), ...telling.segments]
    step += 1
    return {
      name: `${name}/${step}-${event.slice(4)}`,
      event,
      controlId,
      sentAt: at(telling.sent ?? recorded),
      recordedAt: at(recorded),
      text: segments.map((line) => `${line}\r`).join(''),
      charset,
      personKey: (telling.about ?? patient).personKey,
      expectation: expects
    }
  }

  return {
    trust,
    patient,
    random,
    consultant: random.pick(codes.consultants),
    treatmentFunction: random.pick(codes.treatmentFunctions),
    serial,
    at,
    message
  }
}

interface HeaderFacts {
  readonly event: string
  readonly controlId: string
  readonly recordedAt: string
  readonly charset: HospitalMessage['charset']
  readonly application: keyof Trust['applications']
  readonly trust: Trust
}

function headerOf({ event, controlId, recordedAt, charset, application, trust }: HeaderFacts): string {
  const [type = '', trigger = ''] = event.split('^')
  const isAdministration = application === 'administration'
  const header = segment('MSH', {
    2: escapeText(trust.applications[application]),
    3: trust.odsCode,
    4: 'ROUTE',
    5: 'ROUTE',
    6: recordedAt,
    8: components(type, trigger, structures[trigger] ?? `${type}_${trigger}`),
    9: controlId,
    10: 'P',
    11: isAdministration ? '2.4' : '2.5.1',
    16: 'GBR',
    17: charset === 'latin1' ? '8859/1' : 'UNICODE UTF-8',
    18: 'EN',
    20: isAdministration && type === 'ADT' ? 'iTKv1.0' : undefined
  })
  // The field separator is itself the first field.
  return header.replace('MSH|', 'MSH|^~\\&')
}

/** Results and appointments have none. */
function eventSegment({ event, recorded, occurred }: Telling, at: Chart['at']): readonly string[] {
  if (!/^(ADT|MDM)/.test(event)) return []
  const clerk = components('111111111', 'Ledger', 'Minnie', '', '', 'Miss')
  return [segment('EVN', { 2: at(recorded), 5: clerk, 6: at(occurred ?? recorded) })]
}

export const applied = (...items: readonly ExpectedItem[]): Expectation => ({ effect: 'applied', items })

/** A stay or visit as it stands. */
export const encounter = (key: string, status: string, more: Partial<ExpectedItem> = {}): ExpectedItem => ({
  resourceType: 'Encounter',
  key,
  shown: true,
  status,
  ...more
})
