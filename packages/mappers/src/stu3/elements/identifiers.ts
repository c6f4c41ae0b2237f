import { defined, type Identifier } from '@chesil/fhir'
import { each, type Json, text, uri } from '../../json.ts'
import type { Item } from '../item.ts'
import { findCode, same, toConcept } from './coding.ts'
import { toPeriod } from './dates.ts'

const uses = same('usual', 'official', 'temp', 'secondary', 'old')

/** Identifier systems that have got a new name. */
const renamed: ReadonlyMap<string, string> = new Map([
  ['https://fhir.nhs.uk/Id/ubr-number', 'https://fhir.nhs.uk/Id/UBRN'],
  ['http://fhir.nhs.net/Id/nhs-number', 'https://fhir.nhs.uk/Id/nhs-number']
])

export function toIdentifier(source: Json, item: Item): Identifier | undefined {
  const value = text(source['value'])
  if (value === undefined) return undefined
  const system = uri(source['system'])
  return defined({
    use: findCode(source['use'], uses, { label: 'Identifier use', item }),
    type: toConcept(source['type'], 'Identifier type', item),
    system: system === undefined ? undefined : (renamed.get(system) ?? system),
    value,
    period: toPeriod(source['period'], 'Identifier period', item)
  })
}

export const toIdentifiers = (value: unknown, item: Item): Identifier[] | undefined =>
  each(value, (source) => toIdentifier(source, item))
