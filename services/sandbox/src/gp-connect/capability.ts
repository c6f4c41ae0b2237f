const structured = [
  {
    type: 'Patient',
    interaction: [{ code: 'read' }],
    operation: [{ name: 'gpc.getstructuredrecord' }]
  }
]

const documents = [
  {
    type: 'Patient',
    interaction: [{ code: 'search-type' }],
    searchParam: [{ name: 'identifier', type: 'token' }]
  },
  {
    type: 'DocumentReference',
    interaction: [{ code: 'search-type' }],
    searchParam: [
      { name: 'created', type: 'date' },
      { name: 'author', type: 'token' },
      { name: 'description', type: 'string' }
    ]
  },
  { type: 'Binary', interaction: [{ code: 'read' }] }
]

/** What a practice says that it can do; the same for all of ours. */
export const capabilityStatement = (of: 'structured' | 'documents'): object => ({
  resourceType: 'CapabilityStatement',
  version: '1.6.2',
  name: 'GP Connect',
  status: 'active',
  date: '2026-01-01',
  description: 'A simulated practice of the Chesil sandbox',
  kind: 'instance',
  software: { name: 'Chesil sandbox', version: '0.1.0' },
  fhirVersion: '3.0.1',
  acceptUnknown: 'both',
  format: ['application/fhir+json'],
  rest: [{ mode: 'server', resource: of === 'structured' ? structured : documents }]
})
