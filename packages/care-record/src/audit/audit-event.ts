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
  /** The search as it was asked, without its path, in base64. */
  readonly query?: string
  /** How many resources were shown. */
  readonly count?: number
  readonly requestId: string
}

/** @see https://profiles.ihe.net/ITI/BALP/content.html */
export function auditEvent(facts: AuditFacts): AuditEvent {
  const { actor } = facts
  return {
    resourceType: 'AuditEvent',
    meta: { profile: [profileOf(facts)] },
    type: { system: 'http://terminology.hl7.org/CodeSystem/audit-event-type', code: 'rest' },
    subtype: [{ system: 'http://hl7.org/fhir/restful-interaction', ...interactionCoding(facts.interaction) }],
    action: isOperation(facts.interaction) || facts.interaction === 'search-type' ? 'E' : 'R',
    recorded: new Date(facts.recordedAt).toISOString(),
    outcome: outcomeCodes[facts.outcome],
    ...(facts.reason !== undefined && { outcomeDesc: facts.reason }),
    ...(actor.purposeOfUse !== undefined && {
      purposeOfEvent: [{ coding: [{ system: systems.actReason, code: actor.purposeOfUse }] }]
    }),
    agent: agents(actor),
    source: {
      observer: { display: 'Chesil record-api' },
      type: [{ system: 'http://terminology.hl7.org/CodeSystem/security-source-type', code: '4' }]
    },
    entity: entities(facts)
  }
}

const outcomeCodes = { success: '0', refused: '4', failure: '8' } as const
const balp = 'https://profiles.ihe.net/ITI/BALP/StructureDefinition/IHE.BasicAudit.'

function profileOf({ interaction, patient }: AuditFacts): string {
  const kind = interaction === 'search-type' || isOperation(interaction) ? 'Query' : 'Read'
  return `${balp}${patient ? 'Patient' : ''}${kind}`
}

const isOperation = (interaction: string): boolean => interaction.startsWith('$')

const interactionCoding = (interaction: string) =>
  isOperation(interaction) ? { code: 'operation', display: interaction } : { code: interaction }

function agents(actor: AuditActor): AuditEvent['agent'] {
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
  const client = actor.clientId && {
    requestor: false,
    who: { type: 'Device' as const, identifier: { value: actor.clientId } }
  }
  return [user, ...(organisation ? [organisation] : []), ...(client ? [client] : [])]
}

const sdsJobRole = 'https://fhir.hl7.org.uk/CodeSystem/UKCore-SDSJobRoleName'
const objectRole = 'http://terminology.hl7.org/CodeSystem/object-role'
const entityType = 'http://terminology.hl7.org/CodeSystem/audit-entity-type'

function entities({ patient, item, query, count, requestId }: AuditFacts): AuditEventEntity[] {
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
  if (item !== undefined) {
    found.push({
      what: { reference: item },
      type: { system: entityType, code: '2', display: 'System Object' },
      role: { system: objectRole, code: '4', display: 'Domain Resource' }
    })
  }
  if (query) {
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
