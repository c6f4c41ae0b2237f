import type { Resource } from '@chesil/fhir'
import { createValidator } from '@chesil/fhir-validator'

const validator = createValidator()

/** What is not valid R4 in items by their names, each fault with the name of its item. */
export const faultsIn = (items: Iterable<readonly [name: string, item: object]>) =>
  [...items].flatMap(([name, item]) =>
    validator.validate(item as Resource).map((issue) => ({ name, ...issue }))
  )
