import type { CodeableConcept, Observation, ObservationComponent, Quantity } from '@chesil/fhir'
import { conceptKeys, contradicts, intersects, plainValue, plainWords } from './concept.ts'
import { identifierKeys } from './identity.ts'
import type { Aspect, Kind } from './kind.ts'
import { settledAspect, settledRank } from './settled.ts'
import { isSameInstant, mayCoincide, undated, type When, whenOf } from './when.ts'

interface Facts {
  readonly codes: ReadonlySet<string>
  readonly identifiers: ReadonlySet<string>
  readonly sites: ReadonlySet<string>
  readonly when: When | undefined
  /** Absent where the code is all there is to say. */
  readonly value: string | undefined
  readonly words: string
  readonly status: Observation['status']
}

/**
 * A code, a time as exact as both know it, and a value with its unit. Another value at exactly the same instant
 * is a conflict; on the same day it is another result.
 */
export const observations: Kind<Observation, Facts> = {
  types: ['Observation'],
  joinsWithinSource: false,
  read(observation) {
    const codes = conceptKeys([observation.code])
    const identifiers = identifierKeys(observation.identifier)
    const when = whenOf(
      observation.effectiveDateTime ?? observation.effectiveInstant ?? observation.effectivePeriod?.start
    )
    if (observation.status === 'entered-in-error' || codes.size === 0) return undefined
    if (!when && identifiers.size === 0) return undefined
    return {
      codes,
      identifiers,
      sites: conceptKeys([observation.bodySite]),
      when,
      ...measured(observation),
      status: observation.status
    }
  },
  blocks: ({ codes, value, when, identifiers }) => [
    ...identifiers,
    ...[...codes].flatMap((code) => [
      `${code} = ${value}`,
      ...(when?.vagueness === 0 ? [`${code} @ ${when.low}`] : [])
    ])
  ],
  vagueness: ({ when }) => when?.vagueness ?? undated,
  judge(a, b) {
    if (!intersects(a.codes, b.codes) || contradicts(a.sites, b.sites)) return 'different'
    const isOneNumber = intersects(a.identifiers, b.identifiers)
    const mayBeOneTime = !a.when || !b.when ? isOneNumber : mayCoincide(a.when, b.when)
    if (!mayBeOneTime) return 'different'
    if (a.value === b.value) return 'alike'
    if (isOneNumber) return 'same'
    const isMeasured = a.value !== undefined && b.value !== undefined
    return isMeasured && a.when && b.when && isSameInstant(a.when, b.when) ? 'same' : 'different'
  },
  rank: ({ status }) => [settledRank(status)],
  aspects({ status, value, words }) {
    const told: Aspect[] = value === undefined ? [] : [{ kind: 'value', value, words }]
    return [...told, ...settledAspect(status)]
  }
}

type Valued = Pick<
  ObservationComponent,
  | 'valueQuantity'
  | 'valueCodeableConcept'
  | 'valueString'
  | 'valueBoolean'
  | 'valueInteger'
  | 'valueDateTime'
  | 'valueTime'
  | 'valueRatio'
  | 'valueRange'
  | 'valuePeriod'
  | 'valueSampledData'
>

function measured(observation: Observation): Pick<Facts, 'value' | 'words'> {
  const parts = (observation.component ?? []).flatMap((component) => {
    const told = oneValue(component)
    return told ? [{ name: nameOf(component.code), ...told }] : []
  })
  const own = oneValue(observation)
  const all = [...(own ? [{ name: '', ...own }] : []), ...parts]
  if (all.length === 0) return { value: undefined, words: '' }
  return {
    value: all
      .map(({ name, value }) => `${name}:${value}`)
      .sort()
      .join(' ; '),
    words: all.map(({ words }) => words).join(', ')
  }
}

const nameOf = (concept: CodeableConcept): string =>
  [...conceptKeys([concept])].sort()[0] ?? plainWords(concept.text ?? '')

function oneValue(valued: Valued): { readonly value: string; readonly words: string } | undefined {
  const { valueQuantity, valueCodeableConcept: concept, valueString, valueDateTime } = valued
  const plain = valued.valueBoolean ?? valued.valueInteger
  if (valueQuantity?.value !== undefined) return quantity(valueQuantity, valueQuantity.value)
  if (concept) {
    const words = concept.text ?? concept.coding?.[0]?.display ?? concept.coding?.[0]?.code ?? ''
    return { value: [...conceptKeys([concept])].sort().join(',') || plainValue(words), words }
  }
  const text = valueString ?? valueDateTime ?? (plain === undefined ? undefined : String(plain))
  if (text !== undefined) return { value: plainValue(text), words: text }
  const { valueTime, valueRatio, valueRange, valuePeriod, valueSampledData } = valued
  const other = valueTime ?? valueRatio ?? valueRange ?? valuePeriod ?? valueSampledData
  return other === undefined ? undefined : { value: JSON.stringify(other), words: 'see the result itself' }
}

function quantity({ comparator, unit, code }: Quantity, value: number) {
  const shown = unit ?? code ?? ''
  const compared = (code ?? unit ?? '').toLowerCase().replaceAll(/[\s{}]/g, '')
  return {
    value: `${comparator ?? ''}${value} ${compared}`,
    words: `${comparator ?? ''}${value} ${shown}`.trim()
  }
}
