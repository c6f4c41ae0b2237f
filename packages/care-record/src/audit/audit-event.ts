import { type AuditEvent, type AuditEventEntity, type NhsNumber, type OdsCode, systems } from '@chesil/fhir'

/** Who did it; absent parts were not known, as when a token was refused. */
export interface AuditActor {
  readonly userId?: string
  readonly name?: string
  readonly roleCode?: string
  readonly organisation?: OdsCode
  readonly clientId?: string
  readonly purposeOfUse?: string
}

export interface AuditFacts {
  /** ms since 1970 */
  readonly recordedAt: number
  /** FHIR interaction or operation: `read`, `search-type`, `$everything`. */
  readonly interaction: string
  readonly outcome: 'success' | 'refused' | 'failure'
  /** Why it was refused or failed: a constant phrase. */
  readonly reason?: string
  readonly actor: AuditActor
  /** The person it was about; absent where nobody is known. */
  readonly patient?: {
    readonly id: string
    readonly nhsNumber: NhsNumber | undefined
    readonly version?: number
  }
  /** The one item that was read, `Type/id`. */
  readonly item?: string
  /** The path and query of the request, as it was asked, in base64. */
  readonly query: string
  /** How many resources were shown. */
  readonly count?: number
  readonly requestId: string
  /** IP addresses of the two ends of the connection. */
  readonly network: { readonly client: string; readonly server: string }
}

/** @see https://profiles.ihe.net/ITI/BALP/content.html */
export function auditEvent(facts: AuditFacts): AuditEvent {
  const { actor } = facts
  const profile = findProfile(facts)
  return {
    resourceType: 'AuditEvent',
    ...(profile && { meta: { profile: [profile] } }),
    type: { system: 'http://terminology.hl7.org/CodeSystem/audit-event-type', code: 'rest' },
    subtype: [{ system: 'http://hl7.org/fhir/restful-interaction', ...interactionCoding(facts.interaction) }],
    action: isQuery(facts.interaction) ? 'E' : 'R',
    recorded: new Date(facts.recordedAt).toISOString(),
    outcome: outcomeCodes[facts.outcome],
    ...(facts.reason !== undefined && { outcomeDesc: facts.reason }),
    ...(actor.purposeOfUse !== undefined && {
      purposeOfEvent: [{ coding: [{ system: systems.actReason, code: actor.purposeOfUse }] }]
    }),
    agent: agents(facts),
    source: {
      observer: server,
      type: [{ system: 'http://terminology.hl7.org/CodeSystem/security-source-type', code: '4' }]
    },
    entity: entities(facts)
  }
}

const outcomeCodes = { success: '0', refused: '4', failure: '8' } as const
const balp = 'https://profiles.ihe.net/ITI/BALP/StructureDefinition/IHE.BasicAudit.'

const server = { display: 'Chesil record-api' }

/** BALP has profiles only for what succeeded; that of a read wants to know the item. */
function findProfile({ interaction, outcome, patient, item }: AuditFacts): string | undefined {
  if (outcome !== 'success' || (item === undefined && !isQuery(interaction))) return undefined
  return `${balp}${patient ? 'Patient' : ''}${isQuery(interaction) ? 'Query' : 'Read'}`
}

const isOperation = (interaction: string): boolean => interaction.startsWith('$')
const isQuery = (interaction: string): boolean => interaction === 'search-type' || isOperation(interaction)

const interactionCoding = (interaction: string) =>
  isOperation(interaction) ? { code: 'operation', display: interaction } : { code: interaction }

function agents({ actor, interaction, network }: AuditFacts): AuditEvent['agent'] {
  const user = {
    type: {
      coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-ParticipationType', code: 'IRCP' }]
    },
    requestor: true,
    who: {
      ...(actor.userId !== undefined && { identifier: { system: systems.sdsUser, value: actor.userId } }),
      display: actor.name ?? (actor.userId === undefined ? 'not authenticated' : actor.userId)
    },
    ...(actor.roleCode !== undefined && {
      role: [{ coding: [{ system: sdsJobRole, code: actor.roleCode }] }]
    })
  }
  const organisation = actor.organisation && {
    requestor: false,
    who: {
      type: 'Organization' as const,
      identifier: { system: systems.odsOrganisation, value: actor.organisation }
    }
  }
  // A question flows from the client to the server, what is read the other way.
  const [clientRole, serverRole] = isQuery(interaction) ? [source, destination] : [destination, source]
  return [
    user,
    ...(organisation ? [organisation] : []),
    {
      type: { coding: [clientRole] },
      requestor: false,
      who:
        actor.clientId === undefined
          ? { display: 'not known' }
          : { type: 'Device', identifier: { value: actor.clientId } },
      network: { address: network.client, type: ipAddress }
    },
    {
      type: { coding: [serverRole] },
      requestor: false,
      who: server,
      network: { address: network.server, type: ipAddress }
    }
  ]
}

const dicom = 'http://dicom.nema.org/resources/ontology/DCM'
const source = { system: dicom, code: '110153', display: 'Source Role ID' }
const destination = { system: dicom, code: '110152', display: 'Destination Role ID' }
/** @see https://hl7.org/fhir/R4/codesystem-network-type.html */
const ipAddress = '2'

const sdsJobRole = 'https://fhir.hl7.org.uk/CodeSystem/UKCore-SDSJobRoleName'
const objectRole = 'http://terminology.hl7.org/CodeSystem/object-role'
const entityType = 'http://terminology.hl7.org/CodeSystem/audit-entity-type'

function entities({ interaction, patient, item, query, count, requestId }: AuditFacts): AuditEventEntity[] {
  const found: AuditEventEntity[] = []
  if (patient) {
    const detail = [
      ...(patient.version === undefined ? [] : [{ type: 'version', valueString: String(patient.version) }]),
      ...(count === undefined ? [] : [{ type: 'count', valueString: String(count) }])
    ]
    found.push({
      what: {
        reference: `Patient/${patient.id}`,
        ...(patient.nhsNumber && { identifier: { system: systems.nhsNumber, value: patient.nhsNumber } })
      },
      type: { system: entityType, code: '1', display: 'Person' },
      role: { system: objectRole, code: '1', display: 'Patient' },
      ...(detail.length > 0 && { detail })
    })
  }
  if (item !== undefined && !isQuery(interaction)) {
    found.push({
      what: { reference: item },
      type: { system: entityType, code: '2', display: 'System Object' },
      role: { system: objectRole, code: '4', display: 'Domain Resource' }
    })
  } else {
    found.push({
      type: { system: entityType, code: '2', display: 'System Object' },
      role: { system: objectRole, code: '24', display: 'Query' },
      query
    })
  }
  found.push({
    what: { identifier: { value: requestId } },
    type: {
      system: 'https://profiles.ihe.net/ITI/BALP/CodeSystem/BasicAuditEntityType',
      code: 'XrequestId'
    }
  })
  return found
}
