import { type AuditEvent, parseNhsNumber, parseOdsCode, systems } from '@chesil/fhir'
import { describe, expect, test } from 'vitest'
import { type AuditFacts, auditEvent } from '../../src/index.ts'
import { now } from '../builders.ts'
import { expectValid } from '../valid.ts'

const balp = 'https://profiles.ihe.net/ITI/BALP/StructureDefinition/IHE.BasicAudit.'
const query = btoa('patient=1&code=x')
const patient = { id: 'p-1', nhsNumber: parseNhsNumber('9990000018'), version: 7 }
const facts = (overrides: Partial<AuditFacts> = {}): AuditFacts => ({
  recordedAt: now,
  interaction: 'read',
  outcome: 'success',
  actor: {
    userId: '910000000001',
    name: 'Dr Ash Reed',
    roleCode: 'R8000',
    organisation: parseOdsCode('R9Z'),
    clientId: 'epr',
    purposeOfUse: 'TREAT'
  },
  patient,
  item: 'Condition/c-1',
  count: 1,
  requestId: 'request-1',
  query,
  network: { client: '10.0.0.7', server: '10.0.0.1' },
  ...overrides
})
const unknown = (overrides: Partial<AuditFacts>): AuditFacts => {
  const { patient: _patient, item: _item, count: _count, ...rest } = facts(overrides)
  return rest
}
const withoutItem = ({ item: _item, ...rest }: AuditFacts): AuditFacts => rest
const search = withoutItem(facts({ interaction: 'search-type' }))
const operation = withoutItem(facts({ interaction: '$everything' }))

const every: [string, AuditFacts][] = [
  ['a read', facts()],
  ['a history', facts({ interaction: 'history-instance', count: 3 })],
  ['a search', search],
  [
    'a search that found nobody',
    unknown({ interaction: 'search-type', outcome: 'refused', reason: 'nobody found' })
  ],
  ['an operation', operation],
  ['a closed gate', facts({ outcome: 'refused', reason: 'person gate closed' })],
  [
    'a token that was refused',
    { ...unknown({ outcome: 'refused', reason: 'A bearer token is needed' }), actor: {} }
  ],
  [
    'a failure',
    unknown({ outcome: 'failure', reason: 'unexpected error', actor: { userId: '910000000001' } })
  ],
  ['an access to somebody without a number', facts({ patient: { id: 'p-1', nhsNumber: undefined } })]
]

test.each(every)('the event of %s is valid FHIR', (_case, one) => {
  expectValid(auditEvent(one))
})

describe('an event names', () => {
  const rest = 'http://hl7.org/fhir/restful-interaction'
  test.each<[AuditFacts, string, object]>([
    [facts(), 'R', { code: 'read' }],
    [facts({ interaction: 'history-instance' }), 'R', { code: 'history-instance' }],
    [search, 'E', { code: 'search-type' }],
    [operation, 'E', { code: 'operation', display: '$everything' }]
  ])('what was done: $interaction', (one, action, coding) => {
    const event = auditEvent(one)
    expect(event.type.code).toBe('rest')
    expect([event.action, event.subtype]).toEqual([action, [{ system: rest, ...coding }]])
  })

  test.each(['success', 'refused', 'failure'] as const)('how it ended: %s, and when', (outcome) => {
    const codes = { success: '0', refused: '4', failure: '8' }
    const event = auditEvent(facts({ outcome, reason: 'a constant phrase' }))
    expect(event).toMatchObject({ outcome: codes[outcome], outcomeDesc: 'a constant phrase' })
    expect(event.recorded).toBe('2026-11-22T09:30:00.000Z')
  })

  test('who did it, in which role, for whom, through what and for which purpose', () => {
    const event = auditEvent(facts())
    expect(event.purposeOfEvent).toEqual([{ coding: [{ system: systems.actReason, code: 'TREAT' }] }])
    expect(event.agent).toMatchObject([
      {
        type: { coding: [{ code: 'IRCP' }] },
        requestor: true,
        who: { identifier: { system: systems.sdsUser, value: '910000000001' }, display: 'Dr Ash Reed' },
        role: [{ coding: [{ code: 'R8000' }] }]
      },
      { requestor: false, who: { identifier: { system: systems.odsOrganisation, value: 'R9Z' } } },
      {
        requestor: false,
        who: { identifier: { value: 'epr' } },
        network: { address: '10.0.0.7', type: '2' }
      },
      { requestor: false, who: { display: 'Chesil record-api' }, network: { address: '10.0.0.1', type: '2' } }
    ])
  })

  test.each<[string, AuditFacts, string, string]>([
    ['a read flows from the server to the client', facts(), '110152', '110153'],
    ['a question from the client to the server', search, '110153', '110152']
  ])('the roles of both ends as BALP has them: %s', (_case, one, client, server) => {
    const roles = auditEvent(one)
      .agent.slice(-2)
      .map(({ type }) => type?.coding?.[0]?.code)
    expect(roles).toEqual([client, server])
  })

  test.each<[AuditFacts['actor'], string]>([
    [{}, 'not authenticated'],
    [{ userId: '910000000001' }, '910000000001']
  ])('of the reader %j no more than is known', (actor, display) => {
    const { agent, purposeOfEvent } = auditEvent(facts({ actor }))
    expect(agent.map(({ who }) => who?.display)).toEqual([display, 'not known', 'Chesil record-api'])
    expect(agent[0]).toMatchObject({ requestor: true, who: { display } })
    expect(agent[0]?.role ?? purposeOfEvent).toBeUndefined()
  })

  const rolesOf = ({ entity = [] }: AuditEvent) =>
    entity.map(({ type, role }) => `${type?.code} ${role?.code ?? ''}`.trim())
  const [person, item, asked, request] = ['1 1', '2 4', '2 24', 'XrequestId']
  test.each<[string, AuditFacts, (string | undefined)[]]>([
    ['of a read the person, the item and the request', facts(), [person, item, request]],
    ['of a search the person, what was asked and the request', search, [person, asked, request]],
    ['of an operation the same', operation, [person, asked, request]],
    ['of a refusal about nobody what was asked', unknown({ outcome: 'refused' }), [asked, request]]
  ])('%s', (_case, one, roles) => {
    expect(rolesOf(auditEvent(one))).toEqual(roles)
  })

  test('of what was read the references, the version and the count', () => {
    expect(auditEvent({ ...search, count: 0 }).entity).toMatchObject([
      {
        what: { reference: 'Patient/p-1', identifier: { system: systems.nhsNumber, value: '9990000018' } },
        detail: [
          { type: 'version', valueString: '7' },
          { type: 'count', valueString: '0' }
        ]
      },
      { query },
      { what: { identifier: { value: 'request-1' } } }
    ])
  })
})

describe('an event claims a profile of BALP', () => {
  test.each<[string, AuditFacts, string]>([
    ['for a read', facts(), 'PatientRead'],
    ['for a history', facts({ interaction: 'history-instance' }), 'PatientRead'],
    ['for a search', search, 'PatientQuery'],
    ['for an operation', operation, 'PatientQuery'],
    ['for a search about nobody', unknown({ interaction: 'search-type' }), 'Query']
  ])('%s', (_case, one, profile) => {
    expect(auditEvent(one).meta).toEqual({ profile: [`${balp}${profile}`] })
  })

  test.each<[string, AuditFacts]>([
    ['a refusal: in BALP the outcome is success', facts({ outcome: 'refused' })],
    ['a failure, too', { ...search, outcome: 'failure' }],
    ['a read of nothing: BALP wants the item', unknown({})]
  ])('but not for %s', (_case, one) => {
    expect(auditEvent(one).meta).toBeUndefined()
  })
})

test('an event names the person by id and NHS number, and nothing else of them', () => {
  expect(auditEvent(search).entity?.[0]?.what).toEqual({
    reference: 'Patient/p-1',
    identifier: { system: systems.nhsNumber, value: '9990000018' }
  })
})
