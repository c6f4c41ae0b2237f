import type { Appointment, CareTeam, Device, EpisodeOfCare, ServiceRequest, Task } from '@chesil/fhir'
import { conceptKeys, intersects, plainWords, wordsOf } from './concept.ts'
import { identifierKeys, organisationKey } from './identity.ts'
import type { Kind, Lookup } from './kind.ts'
import { mayCoincide, undated, type When, whenOf } from './when.ts'

type CareService = Appointment | CareTeam | Device | EpisodeOfCare | ServiceRequest | Task

interface Facts {
  readonly identifiers: ReadonlySet<string>
  /** What is done and by whom; none where that tells nothing apart. */
  readonly what: ReadonlySet<string>
  readonly when: When | undefined
  readonly isDated: boolean
  readonly status: string | undefined
}

/** The number; else what is done, by which organisation, from which day. */
export const careServices: Kind<CareService, Facts> = {
  types: ['Appointment', 'CareTeam', 'Device', 'EpisodeOfCare', 'ServiceRequest', 'Task'],
  joinsWithinSource: false,
  read(service, lookup) {
    if (service.status === 'entered-in-error') return undefined
    const { resourceType } = service
    const within = (keys: Iterable<string>) => new Set([...keys].map((key) => `${resourceType} ${key}`))
    return {
      identifiers: within([...identifierKeys(service.identifier), ...unitNumbers(service)]),
      what: within(whatIsDone(service, lookup)),
      when: whenOf(startOf(service)),
      isDated: resourceType !== 'CareTeam',
      status: stateOf(service.status)
    }
  },
  blocks: ({ identifiers, what }) => [...identifiers, ...what],
  vagueness: ({ when }) => when?.vagueness ?? undated,
  judge(a, b) {
    if (intersects(a.identifiers, b.identifiers)) return 'alike'
    if (!intersects(a.what, b.what)) return 'different'
    if (!a.isDated) return 'same'
    return a.when && b.when && mayCoincide(a.when, b.when) ? 'same' : 'different'
  },
  rank: ({ status }) => [order.indexOf(placeOf(status))],
  aspects: ({ status }) => (status === undefined ? [] : [{ kind: 'status', value: status, words: status }])
}

/** A Device's serial number is one of its own only together with its kind or its carrier. */
const unitNumbers = (service: CareService): readonly string[] =>
  service.resourceType === 'Device'
    ? (service.udiCarrier ?? []).flatMap(({ deviceIdentifier, carrierHRF }) =>
        carrierHRF
          ? [`udi ${carrierHRF}`]
          : deviceIdentifier && service.serialNumber
            ? [`udi ${deviceIdentifier} ${service.serialNumber}`]
            : []
      )
    : []

function whatIsDone(service: CareService, lookup: Lookup): readonly string[] {
  switch (service.resourceType) {
    case 'EpisodeOfCare':
      return by(organisationKey(service.managingOrganization, lookup), conceptKeys(service.type ?? []))
    case 'ServiceRequest':
      return by(organisationKey(service.requester, lookup), conceptKeys([service.code]))
    case 'Task':
      return by(organisationKey(service.owner ?? service.requester, lookup), conceptKeys([service.code]))
    case 'CareTeam':
      return by(organisationKey(service.managingOrganization?.[0], lookup), nameOf(service))
    case 'Appointment':
      return by('', new Set([...conceptKeys(service.serviceType ?? [])]))
    default:
      return []
  }
}

const by = (organisation: string | undefined, keys: ReadonlySet<string>): readonly string[] =>
  organisation === undefined ? [] : [...keys].map((key) => `${organisation} ${key}`)

const nameOf = ({ name, category }: CareTeam): ReadonlySet<string> =>
  name === undefined
    ? new Set((category ?? []).flatMap((one) => [...wordsOf(one)]))
    : new Set([plainWords(name)])

function startOf(service: CareService): string | undefined {
  switch (service.resourceType) {
    case 'EpisodeOfCare':
      return service.period?.start
    case 'ServiceRequest':
      return service.authoredOn
    case 'Task':
      return service.executionPeriod?.start ?? service.restriction?.period?.end ?? service.authoredOn
    case 'Appointment':
      return service.start
    default:
      return undefined
  }
}

/** What goes on leads, then what is to come; what nobody knows is not taken for ended. */
const order = ['active', 'planned', 'on hold', 'unknown', 'ended'] as const

function placeOf(status: string | undefined): (typeof order)[number] {
  if (status === 'active' || status === 'planned' || status === 'on hold') return status
  return status !== undefined && over.has(status) ? 'ended' : 'unknown'
}

const over: ReadonlySet<string> = new Set(['ended', 'cancelled', 'not attended', 'failed'])

/** Only whether it goes on, is to come, or is over: sources differ in their words for it. */
const states: ReadonlyMap<string, string> = new Map([
  ['active', 'active'],
  ['in-progress', 'active'],
  ['arrived', 'active'],
  ['checked-in', 'active'],
  ['accepted', 'active'],
  ['planned', 'planned'],
  ['proposed', 'planned'],
  ['requested', 'planned'],
  ['booked', 'planned'],
  ['waitlist', 'planned'],
  ['pending', 'planned'],
  ['draft', 'planned'],
  ['received', 'planned'],
  ['ready', 'planned'],
  ['suspended', 'on hold'],
  ['onhold', 'on hold'],
  ['on-hold', 'on hold'],
  ['finished', 'ended'],
  ['completed', 'ended'],
  ['fulfilled', 'ended'],
  ['inactive', 'ended'],
  ['cancelled', 'cancelled'],
  ['revoked', 'cancelled'],
  ['rejected', 'cancelled'],
  ['failed', 'failed'],
  ['noshow', 'not attended']
])

/** A status that is not among them agrees with itself alone; `unknown` says nothing. */
const stateOf = (status: string | undefined): string | undefined =>
  status === undefined || status === 'unknown' ? undefined : (states.get(status) ?? status)
