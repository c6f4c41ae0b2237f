import { type FoldState, foldContribution } from '@chesil/care-record'
import type { Contribution, Section } from '@chesil/contracts'
import { fhirR4SearchToContribution, sectionOfType, writeAnswer } from '@chesil/mappers'
import type { PullHistory, SectionHistory } from '@chesil/record-store'
import { askEndpoint, type EndpointAnswer } from '../../src/fhir-pull/ask-endpoint.ts'
import { baseUrl, endpointOf, nhsNumber, type Trust } from './trust.ts'

export const hour = 3_600_000
export const types = ['Encounter', 'Condition', 'Observation', 'DiagnosticReport'] as const

/** A record as applying keeps it, with nothing but what decides. */
export interface Record {
  state: FoldState
  history: PullHistory
}
export const empty = (): Record => ({
  state: { items: new Map(), coverage: new Map() },
  history: { isStale: false, sections: new Map(), held: new Map() }
})

function map({ answer }: EndpointAnswer): Contribution {
  const mapped = fhirR4SearchToContribution(JSON.parse(writeAnswer(answer)), {
    source: { id: 'trust-fhir', odsCode: 'R0D', name: 'Dorset Hospital', baseUrl },
    person: { nhsNumbers: [nhsNumber], birthDate: '1970-01-31' },
    patientId: 'person',
    resourceId: (type, id) => `${type}-${id}`,
    isValid: () => true
  })
  if (mapped.outcome !== 'mapped') throw new Error(mapped.reason)
  return mapped.contribution
}

/** As the record builder does it: what is unchanged is still there, with the content it has. */
function apply(record: Record, contribution: Contribution, { answer }: EndpointAnswer, at: number): void {
  const { entries, sections } = contribution
  const order = { time: new Date(at).toISOString(), sequence: 0, hash: 'h' }
  const changed = entries.filter(({ isUnchanged }) => !isUnchanged)
  const changes = foldContribution(record.state, {
    order,
    completeSections: sections.filter(({ complete }) => complete).map(({ section }) => section),
    items: new Map(
      changed.map((entry) => [
        entry.sourceResourceId,
        { sections: entry.sections, contentHash: JSON.stringify(entry.resource) }
      ])
    ),
    withheld: new Set(
      entries.filter(({ isUnchanged }) => isUnchanged).map(({ sourceResourceId }) => sourceResourceId)
    )
  })
  record.state = {
    items: new Map([...record.state.items, ...changes.items]),
    coverage: new Map([...record.state.coverage, ...changes.coverage])
  }
  const told = new Map<Section, SectionHistory>(record.history.sections)
  for (const [type, one] of answer.byType) {
    const section = sectionOfType(type)
    if ('failed' in one) told.set(section, { ...told.get(section), state: 'failed', hasQuarantined: false })
  }
  for (const { section, state } of sections)
    told.set(section, { state, coveredAt: at, hasQuarantined: false })
  const held = [...record.state.items].filter(([, { present }]) => present).map(([name]) => name)
  record.history = {
    asAt: at,
    isStale: false,
    sections: told,
    held: new Map(
      [...Map.groupBy(held, (name) => name.split('/')[0] ?? '')].map(([type, names]) => [
        type,
        new Set(names)
      ])
    )
  }
}

export const shown = ({ state }: Record, type: string): string[] =>
  [...state.items]
    .filter(([name, { present }]) => present && name.startsWith(`${type}/`))
    .map(([name]) => name)
    .sort()
export const held = (trust: Trust, type: string): string[] =>
  trust
    .ids(type)
    .map((id) => `${type}/${id}`)
    .sort()

/** Asks the trust, maps what it answered, and applies it. */
export async function pull(trust: Trust, record: Record, at: number) {
  const outcome = await askEndpoint(endpointOf(trust), { nhsNumber, history: record.history, searchedAt: at })
  if (outcome.outcome === 'answered') apply(record, map(outcome), outcome, at)
  return outcome
}
