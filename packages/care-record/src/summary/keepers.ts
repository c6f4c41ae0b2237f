import type { Device, Organization } from '@chesil/fhir'
import type { DocumentEntry, SummaryInput } from './summary-input.ts'
import { div, paragraph } from './xhtml.ts'

const name = 'Chesil shared care record'

/** Who made the document, and who keeps the record that it was made from: nobody has looked at it since. */
export function keepers({ newId }: Pick<SummaryInput, 'newId'>): {
  readonly author: string
  readonly custodian: string
  readonly entries: readonly DocumentEntry[]
} {
  const [deviceId, organisationId] = [newId(), newId()]
  const [author, custodian] = [`urn:uuid:${deviceId}`, `urn:uuid:${organisationId}`]
  const device: Device = {
    resourceType: 'Device',
    id: deviceId,
    text: {
      status: 'generated',
      div: div(paragraph(`${name}: put together by software from what sources say`))
    },
    deviceName: [{ name, type: 'user-friendly-name' }],
    owner: { reference: custodian, type: 'Organization', display: name }
  }
  const organisation: Organization = {
    resourceType: 'Organization',
    id: organisationId,
    text: { status: 'generated', div: div(paragraph(name)) },
    name
  }
  return {
    author,
    custodian,
    entries: [
      { fullUrl: author, resource: device },
      { fullUrl: custodian, resource: organisation }
    ]
  }
}
