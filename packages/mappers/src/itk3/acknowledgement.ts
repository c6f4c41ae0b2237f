import type { MappedMessage } from '@chesil/contracts'
import { systems } from '@chesil/fhir'
import type { Itk3Message } from './message.ts'
import responseCodes from './tables/response-codes.json' with { type: 'json' }
import { coding, element, extension, value } from './xml/write.ts'

/** Of ITK-ResponseCodes-1: 1xxxx and 2xxxx answer as infrastructure, 3xxxx as business. */
export type Itk3ResponseCode = keyof typeof responseCodes

export interface Itk3Acknowledgement {
  /** What is answered; of a message that cannot be read nothing is known. */
  readonly to: Partial<Pick<Itk3Message, 'headerId' | 'sender'>>
  readonly code: Itk3ResponseCode
  /** The same message may succeed later. */
  readonly isTransient?: boolean
  /** ISO instant */
  readonly at: string
  /** UUIDs, new ones for each. */
  readonly ids: Readonly<Record<'bundle' | 'header' | 'sender' | 'receiver' | 'outcome', string>>
  /** Who answers, and where from: a URL, or a MESH mailbox. */
  readonly from: { readonly odsCode: string; readonly endpoint: string }
}

const fhirNhsUk = 'https://fhir.nhs.uk/STU3'
const profile = (name: string): string =>
  element('meta', value('profile', `${fhirNhsUk}/StructureDefinition/${name}`))

/**
 * The ITK3 response message, FHIR STU3 in XML. It asks for no answer itself.
 *
 * @see https://developer.nhs.uk/apis/itk3messagedistribution-2-10-0/explore_response_structure.html
 */
export function itk3Acknowledgement(answer: Itk3Acknowledgement): string {
  const { to, ids, from } = answer
  const entries = [
    entry(ids.header, header(answer)),
    entry(ids.sender, organisation(ids.sender, from.odsCode)),
    ...(to.sender === undefined ? [] : [entry(ids.receiver, organisation(ids.receiver, to.sender))]),
    entry(ids.outcome, outcome(answer))
  ]
  const bundle = [
    value('id', ids.bundle),
    profile('ITK-Message-Bundle-1'),
    element('identifier', value('system', 'https://tools.ietf.org/html/rfc4122'), value('value', ids.bundle)),
    value('type', 'message'),
    ...entries
  ]
  return `<?xml version="1.0" encoding="UTF-8"?>\n<Bundle xmlns="http://hl7.org/fhir">${bundle.join('')}</Bundle>`
}

const urn = (id: string): string => `urn:uuid:${id}`
const entry = (id: string, resource: string): string =>
  element('entry', value('fullUrl', urn(id)), element('resource', resource))
const reference = (name: string, id: string): string => element(name, value('reference', urn(id)))

/** In the order of STU3's elements: in XML it counts. */
function header({ to, code, isTransient, at, ids, from }: Itk3Acknowledgement): string {
  return element(
    'MessageHeader',
    value('id', ids.header),
    profile('ITK-MessageHeader-2'),
    handling,
    coding('event', `${fhirNhsUk}/CodeSystem/ITK-MessageEvent-2`, 'ITK008M', 'ITK Response'),
    ...(to.sender === undefined ? [] : [reference('receiver', ids.receiver)]),
    reference('sender', ids.sender),
    value('timestamp', at),
    element('source', value('endpoint', from.endpoint)),
    element(
      'response',
      value('identifier', to.headerId ?? 'unknown'),
      value('code', isTransient ? 'transient-error' : responseCodes[code].response),
      reference('details', ids.outcome)
    )
  )
}

const handling = extension(
  `${fhirNhsUk}/StructureDefinition/Extension-ITK-MessageHandling-2`,
  extension('BusAckRequested', value('valueBoolean', 'false')),
  extension('InfAckRequested', value('valueBoolean', 'false')),
  extension(
    'RecipientType',
    coding('valueCoding', `${fhirNhsUk}/CodeSystem/ITK-RecipientType-1`, 'FI', 'For Information')
  ),
  extension(
    'MessageDefinition',
    element(
      'valueReference',
      value('reference', `${fhirNhsUk}/MessageDefinition/ITK-Response-MessageDefinition-1`)
    )
  ),
  extension('SenderReference', value('valueString', 'None')),
  extension('LocalExtension', value('valueString', 'None'))
)

const organisation = (id: string, odsCode: string): string =>
  element(
    'Organization',
    value('id', id),
    profile('CareConnect-ITK-Header-Organization-1'),
    element('identifier', value('system', systems.odsOrganisation), value('value', odsCode))
  )

function outcome({ code, isTransient, ids }: Itk3Acknowledgement): string {
  const { response, issue, display } = responseCodes[code]
  const severity = isTransient ? 'error' : response === 'ok' ? 'information' : 'fatal'
  return element(
    'OperationOutcome',
    value('id', ids.outcome),
    profile('ITK-Response-OperationOutcome-1'),
    element(
      'issue',
      value('severity', severity),
      value('code', isTransient ? 'transient' : issue),
      element('details', coding('coding', `${fhirNhsUk}/CodeSystem/ITK-ResponseCodes-1`, code, display))
    )
  )
}

/** What the business acknowledgement of a message says, once it was mapped. */
export function itk3BusinessResponse(mapped: MappedMessage): Itk3ResponseCode {
  if (mapped.outcome === 'mapped') return '30001'
  return mapped.reason === 'no-person' ? '30002' : '20009'
}
