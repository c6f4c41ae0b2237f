import { OutcomeError, systems } from '@chesil/fhir'
import type { BundleEntry } from '../itk3/bundle-entries.ts'
import { coding, element, value } from '../itk3/xml/write.ts'
import { type Json, many, texts, uri, word } from '../json.ts'
import type { AdwMessage } from './message.ts'
import { findRequestNumber } from './numbers.ts'
import { hospitalOf, odsCodeOf } from './organisations.ts'
import { anyHospital, findPatient } from './person.ts'
import { findTarget } from './references.ts'

export interface AdwAnswer {
  readonly notice: AdwMessage
  readonly answer: 'accept' | 'reject'
  /** In the council's words. */
  readonly reason?: string
  /** The council. */
  readonly from: { readonly odsCode: string; readonly name?: string }
  /** FHIR instant */
  readonly at: string
  /** A new UUID each time. */
  readonly newId: () => string
}

/**
 * A council's answer to a notice: FHIR DSTU2 in XML, tied to the notice by the numbers of the request and of the stay,
 * and by the id of its header. Nobody in person signs it.
 *
 * @throws OutcomeError `invalid` where the message is none that is answered, or lacks what ties an answer to it.
 * @see https://nhsconnect.github.io/FHIR-ADW-Messaging/Generated/Chapter.3.Architecture/index.html
 */
export function adwResponse(answer: AdwAnswer): string {
  const parts = partsOf(answer)
  const { newId } = answer
  const entries = [
    entry(parts.ids.header, header(answer, parts)),
    entry(parts.ids.referral, referral(answer, parts)),
    ...(parts.encounter ? [entry(parts.ids.encounter, encounter(parts.encounter, parts))] : []),
    entry(parts.ids.patient, patient(parts, answer.notice)),
    ...(parts.liaison ? [entry(parts.ids.liaison, practitioner(parts.liaison, parts))] : []),
    entry(parts.ids.hospital, hospital(parts)),
    entry(parts.ids.council, council(answer, parts))
  ]
  const bundle = [value('id', newId()), profile('ADW-Message-Bundle-1'), value('type', 'message'), ...entries]
  return `<?xml version="1.0" encoding="UTF-8"?>\n<Bundle xmlns="http://hl7.org/fhir">${bundle.join('')}</Bundle>`
}

type Part = 'header' | 'referral' | 'encounter' | 'patient' | 'liaison' | 'hospital' | 'council'

interface Parts {
  readonly eventCode: string
  readonly noticeId: string
  /** Of the notice. */
  readonly referral: BundleEntry
  readonly encounter: BundleEntry | undefined
  readonly patient: BundleEntry
  readonly liaison: BundleEntry | undefined
  readonly hospital: BundleEntry | undefined
  readonly hospitalCode: string
  readonly ids: Readonly<Record<Part, string>>
}

/** @throws OutcomeError see `adwResponse`. */
function partsOf({ notice, answer, newId }: AdwAnswer): Parts {
  const { event, headerId, referral, encounter, entries } = notice
  const eventCode = event?.[answer]
  if (eventCode === undefined) {
    const message = 'Only a notice that asks for something or withdraws it is answered'
    throw new OutcomeError('invalid', message, { expression: 'MessageHeader.event' })
  }
  if (headerId === undefined) throw missing('MessageHeader.id')
  if (!referral || !findRequestNumber(notice)) throw missing('ReferralRequest.identifier')
  const subject = findPatient(notice)
  if (!subject) throw missing('ReferralRequest.patient')
  const ids = Object.fromEntries(partNames.map((name) => [name, newId()])) as Record<Part, string>
  const liaison = findTarget(referral.source['requester'], 'Practitioner', referral, entries)
  const hospitalCode = hospitalOf(notice)
  if (hospitalCode === undefined || notice.sender === undefined)
    throw missing('MessageHeader.source.endpoint')
  const hospital =
    encounter && findTarget(encounter.source['serviceProvider'], 'Organization', encounter, entries)
  return {
    ...{ eventCode, noticeId: headerId, referral, encounter, patient: subject, liaison },
    ...{ hospital, hospitalCode, ids }
  }
}

const partNames: readonly Part[] = [
  ...(['header', 'referral', 'encounter', 'patient', 'liaison', 'hospital', 'council'] as const)
]

const missing = (expression: string): OutcomeError =>
  new OutcomeError('invalid', 'The notice does not say what an answer has to name', { expression })

const urn = (id: string): string => `urn:uuid:${id}`
const entry = (id: string, resource: string): string =>
  element('entry', value('fullUrl', urn(id)), element('resource', resource))
const reference = (name: string, id: string): string => element(name, value('reference', urn(id)))
const endpoint = (name: string, odsCode: string): string =>
  element(name, value('endpoint', `urn:nhs-uk:addressing:ods:${odsCode}`))
const profile = (name: string): string =>
  element('meta', value('profile', `https://fhir.nhs.uk/StructureDefinition/${name}`))

/** In the order of DSTU2's elements, here and below: in XML it counts. */
function header(
  { notice, answer, reason, from, at }: AdwAnswer,
  { eventCode, noticeId, liaison, ids }: Parts
): string {
  const kind = answer === 'accept' ? 'Accept' : 'Reject'
  return element(
    'MessageHeader',
    value('id', ids.header),
    profile(`ADW-${noticeNames.get(eventCode)}${kind}Response-MessageHeader-1`),
    value('timestamp', at),
    element('event', value('system', systems.snomed), value('code', eventCode)),
    element('response', value('identifier', noticeId), value('code', 'ok')),
    endpoint('source', from.odsCode),
    endpoint('destination', notice.sender ?? ''),
    reference('receiver', liaison ? ids.liaison : ids.hospital),
    reference('responsible', ids.council),
    ...(reason === undefined ? [] : [freeText(`https://fhir.nhs.uk/ADW-Notice${kind}Reason-1`, reason)]),
    reference('data', ids.referral)
  )
}

const noticeNames: ReadonlyMap<string, string> = new Map([
  ['975711000000108', 'AssessmentNotice'],
  ['975721000000102', 'AssessmentNotice'],
  ['975821000000109', 'DischargeNotice'],
  ['975831000000106', 'DischargeNotice'],
  ['1025651000000109', 'WithdrawalNotice'],
  ['1025641000000106', 'WithdrawalNotice']
])

const freeText = (system: string, reason: string): string =>
  element('reason', coding('coding', system, 'OFT', 'Other - Free Text'), value('text', reason))

function referral(
  { notice, answer }: AdwAnswer,
  { referral: asked, encounter: stay, liaison, ids }: Parts
): string {
  const [kind, status] = notice.event?.says === 'withdrawal' ? withdrawn : statuses[answer]
  return element(
    'ReferralRequest',
    value('id', ids.referral),
    profile(`ADW-${kind}-ReferralRequest-1`),
    value('status', status),
    identifiers(asked.source),
    reference('patient', ids.patient),
    reference('requester', liaison ? ids.liaison : ids.hospital),
    reference('recipient', ids.council),
    ...(stay ? [reference('encounter', ids.encounter)] : [])
  )
}

const withdrawn = ['Cancel', 'cancelled'] as const
const statuses = { accept: ['Accept', 'accepted'], reject: ['Reject', 'rejected'] } as const

/** The stay as the notice had it, without its dates: the council has no say in them. */
const encounter = ({ source }: BundleEntry, { ids }: Parts): string =>
  element(
    'Encounter',
    value('id', ids.encounter),
    profile('CareConnect-ADW-Encounter-1'),
    identifiers(source),
    value('status', word(source['status']) ?? 'in-progress'),
    value('class', word(source['class']) ?? 'inpatient'),
    reference('patient', ids.patient),
    reference('serviceProvider', ids.hospital)
  )

/** Who it is, and no more than is needed to be sure of it: not by numbers of other hospitals either. */
function patient({ patient: subject, ids, hospitalCode }: Parts, { entries }: AdwMessage): string {
  const { source } = subject
  const numbers = many(source['identifier']).filter(({ assigner }) => {
    const owner = findTarget(assigner, 'Organization', subject, entries)
    return !owner || odsCodeOf(owner) === hospitalCode
  })
  return element(
    'Patient',
    value('id', ids.patient),
    careConnect('Patient'),
    ...numbers.flatMap((number) =>
      identifier(number, uri(number['system']) === anyHospital ? ids.hospital : undefined)
    ),
    ...many(source['name']).map(name),
    ...['gender', 'birthDate'].flatMap((part) => valuesOf(part, source))
  )
}

const practitioner = ({ source }: BundleEntry, { ids }: Parts): string =>
  element(
    'Practitioner',
    value('id', ids.liaison),
    careConnect('Practitioner'),
    ...many(source['name']).slice(0, 1).map(name)
  )

/** As the notice has it, with its number as site or as organisation. */
const hospital = ({ hospital: told, hospitalCode, ids }: Parts): string =>
  organisation(
    ids.hospital,
    told && odsCodeOf(told) ? identifiers(told.source) : ods(hospitalCode),
    word(told?.source['name'])
  )

const council = ({ from }: AdwAnswer, { ids }: Parts): string =>
  organisation(ids.council, ods(from.odsCode), from.name)

const ods = (code: string): string =>
  element('identifier', value('system', systems.odsOrganisation), value('value', code))

const organisation = (id: string, numbers: string, called: string | undefined): string =>
  element(
    'Organization',
    value('id', id),
    careConnect('Organization'),
    numbers,
    ...(called === undefined ? [] : [value('name', called)])
  )

const careConnect = (type: string): string =>
  element('meta', value('profile', `https://fhir.hl7.org.uk/StructureDefinition/CareConnect-${type}-1`))

const valuesOf = (part: string, source: Json): string[] =>
  texts(source[part]).map((found) => value(part, found))

const name = (source: Json): string =>
  element('name', ...['use', 'family', 'given', 'prefix'].flatMap((part) => valuesOf(part, source)))

const identifiers = (source: Json): string =>
  many(source['identifier'])
    .flatMap((number) => identifier(number))
    .join('')

function identifier(source: Json, assigner?: string): string[] {
  const system = uri(source['system'])
  const number = word(source['value'])
  if (number === undefined) return []
  const parts = [...(system === undefined ? [] : [value('system', system)]), value('value', number)]
  return [
    element('identifier', ...parts, ...(assigner === undefined ? [] : [reference('assigner', assigner)]))
  ]
}
