/** What a notice between a hospital and a council says, and the answer to one. Everything in it is made up. */
export interface NoticeParts {
  readonly event?: keyof typeof events
  readonly bundleId?: string
  /** Of the MessageHeader. */
  readonly id?: string
  /** FHIR instant */
  readonly at?: string
  /** ODS codes; `''` leaves the end out. */
  readonly from?: string
  readonly to?: string
  /** Of the stay and its requests: a UUID. */
  readonly stay?: string
  /** `''` leaves it out. */
  readonly request?: string
  readonly nhsNumber?: string
  /** The hospital's. */
  readonly number?: string
  readonly family?: string
  readonly born?: string
}

/** SNOMED CT codes of what happened. */
const events = {
  assessment: '975701000000106',
  'assessment-accepted': '975711000000108',
  discharge: '975731000000100',
  'discharge-rejected': '975831000000106',
  withdrawal: '975841000000102',
  admission: '895571000000108',
  unknown: '1'
} as const

export const hospitalCode = 'RXX'
export const councilCode = 'E10'
export const noticeId = '0b1f4a4e-57a6-4f3c-9d56-0c5b5f3a7d01'

const reference = (name: string, id: string): string =>
  `<${name}><reference value="urn:uuid:${id}"/></${name}>`
const identifier = (system: string, value: string): string =>
  `<identifier><system value="${system}"/><value value="${value}"/></identifier>`
const entry = (type: string, id: string, body: string): string =>
  `<entry><fullUrl value="urn:uuid:${id}"/><resource><${type}><id value="${id}"/>${body}</${type}></resource></entry>`
const endpoint = (name: string, code: string): string =>
  code === '' ? '' : `<${name}><endpoint value="urn:nhs-uk:addressing:ods:${code}"/></${name}>`

/** A notice as its hospital sends it: the base case asks a council for an assessment. */
export function noticeXml(parts: NoticeParts = {}): string {
  const { event = 'assessment', stay = '7c1f4a4e-57a6-4f3c-9d56-0c5b5f3a7d99', ...rest } = parts
  const isAnswer = /ed$/.test(event)
  const [sender, receiver] = isAnswer ? [councilCode, hospitalCode] : [hospitalCode, councilCode]
  const { request = '311fcae7-32a7-4a8e-a15c-eebae3a246b9', at = '2025-11-20T10:00:00Z' } = rest
  const response = `<response><identifier value="${noticeId}"/><code value="ok"/></response>`
  const header = `<timestamp value="${at}"/><event><system value="http://snomed.info/sct"/><code value="${events[event]}"/></event>${isAnswer ? response : ''}${endpoint('source', rest.from ?? sender)}${endpoint('destination', rest.to ?? receiver)}${reference('data', 'request')}`
  const referral = `<status value="requested"/>${request === '' ? '' : `<identifier><value value="${request}"/></identifier>`}${reference('patient', 'patient')}${reference('encounter', 'stay')}`
  const encounter = `${identifier('https://fhir.nhs.uk/encounter-id', stay)}<status value="in-progress"/><class value="inpatient"/>${reference('patient', 'patient')}<period><start value="2025-11-10"/><end value="2025-11-27"/></period>`
  const patient = `${identifier('https://fhir.nhs.uk/Id/nhs-number', rest.nhsNumber ?? '9449305552')}${identifier('https://fhir.nhs.uk/Id/local-patient-identifier', rest.number ?? 'A123')}<name><family value="${rest.family ?? 'Marsh'}"/><given value="Maeve"/></name><birthDate value="${rest.born ?? '1962-04-09'}"/>`
  const entries = [
    entry('MessageHeader', rest.id ?? noticeId, header),
    entry('ReferralRequest', 'request', referral),
    entry('Encounter', 'stay', encounter),
    entry('Patient', 'patient', patient)
  ]
  return `<?xml version="1.0" encoding="UTF-8"?><Bundle xmlns="http://hl7.org/fhir"><id value="${rest.bundleId ?? 'b1'}"/><type value="message"/>${entries.join('')}</Bundle>`
}
