import { listedTypes } from '@chesil/care-record'
import Type from 'typebox'

const id = '2f1c8a44-8f0e-8d3b-9a55-0b8f6f0f2a11'

export const PersonId = Type.String({ description: 'Chesil’s id of the person', examples: [id] })
export const AsOf = Type.Optional(
  Type.String({
    description: 'What was held here at this moment (a FHIR instant that is over), under the policy of today',
    examples: ['2026-03-01T09:30:00Z']
  })
)
export const ResourceId = Type.String({ description: 'Chesil’s id of the resource', examples: [id] })

/** The guard refuses other types first, in its own words. */
export const TypeName = Type.String({ enum: listedTypes, description: 'A type of resource that is listed' })
export const TypeNameButPatient = Type.String({
  enum: listedTypes.filter((type) => type !== 'Patient'),
  description: 'A type of resource that is listed, other than Patient'
})
