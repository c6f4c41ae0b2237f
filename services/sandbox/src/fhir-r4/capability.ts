import type { CapabilityStatement, Resource } from '@chesil/fhir'

/** Types that can be searched for, beside Patient. */
export const itemTypes = [
  'AllergyIntolerance',
  'Appointment',
  'Condition',
  'DiagnosticReport',
  'DocumentReference',
  'Encounter',
  'MedicationRequest',
  'Observation',
  'Procedure'
] as const satisfies readonly Resource['resourceType'][]

const parameter = (name: string, type: 'date' | 'reference' | 'token') => ({ name, type })

/** @param at An instant. */
export const capabilityStatement = (tokenAddress: string, at: string): CapabilityStatement => ({
  resourceType: 'CapabilityStatement',
  status: 'active',
  date: at,
  kind: 'instance',
  implementation: { description: 'A hospital trust that does not exist' },
  fhirVersion: '4.0.1',
  format: ['application/fhir+json'],
  rest: [
    {
      mode: 'server',
      security: {
        extension: [
          {
            url: 'http://fhir-registry.smarthealthit.org/StructureDefinition/oauth-uris',
            extension: [{ url: 'token', valueUri: tokenAddress }]
          }
        ]
      },
      resource: [
        {
          type: 'Patient',
          interaction: [{ code: 'read' }, { code: 'search-type' }],
          searchParam: [parameter('identifier', 'token')]
        },
        ...itemTypes.map((type) => ({
          type,
          interaction: [{ code: 'read' as const }, { code: 'search-type' as const }],
          searchParam: [parameter('patient', 'reference'), parameter('_lastUpdated', 'date')]
        }))
      ]
    }
  ]
})
