import type { Resource } from '@chesil/fhir'
import { expect } from 'vitest'
// By its path: the package itself may depend on fhir and contracts alone.
import { createValidator } from '../../fhir-validator/src/index.ts'

const { validate } = createValidator()

/** Valid FHIR R4 as Chesil serves it, also after the way through JSON. */
export function expectValid(resource: Resource): void {
  expect(validate(resource)).toEqual([])
  expect(resource).toStrictEqual(JSON.parse(JSON.stringify(resource)))
}
