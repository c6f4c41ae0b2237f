import {
  chesil,
  type Extension,
  type OperationOutcome,
  type OperationOutcomeIssue,
  systems
} from '@chesil/fhir'
import { type CompletenessCode, completenessCodes } from './codes.ts'
import type { SectionFacts, SourceStatement } from './source-statement.ts'
import { statementText } from './statement-text.ts'

/**
 * What an answer about a person leaves out, and why: every answer carries it. Absence is never silence.
 */
export interface Completeness {
  readonly sources: readonly SourceStatement[]
  /** What concerns the answer as a whole. */
  readonly general: readonly GeneralCode[]
}

export type GeneralCode = Extract<
  CompletenessCode,
  | 'withheld'
  | 'pds-unreachable'
  | 'unverified-identity'
  | 'kept-apart'
  | 'as-of'
  | 'before-merge'
  | 'not-whole'
  | 'taken-back'
  | 'no-registered-practice'
  | 'deceased'
>

/**
 * One issue for each source, then one for each general remark.
 *
 * @param now Milliseconds since 1970; absent where the answer is kept, which then names no ages.
 * @param patientId Whom each issue is about, where one answer speaks of several people.
 */
export function completenessToOutcome(
  { sources, general }: Completeness,
  now: number | undefined,
  patientId?: string
): OperationOutcome {
  const about = patientId === undefined ? [] : [aboutExtension(patientId)]
  const issues = [...sources.map((source) => sourceIssue(source, now)), ...general.map(generalIssue)]
  return {
    resourceType: 'OperationOutcome',
    issue: issues.map((issue) =>
      about.length === 0 ? issue : { ...issue, extension: [...about, ...(issue.extension ?? [])] }
    )
  }
}

const aboutExtension = (patientId: string): Extension => ({
  url: chesil.extension('about'),
  valueReference: { reference: `Patient/${patientId}` }
})

/** The same as plain JSON, for `Patient/{id}/$completeness`. */
export function completenessToJson({ sources, general }: Completeness, now: number) {
  return {
    asOf: new Date(now).toISOString(),
    sources: sources.map((statement) => ({
      id: statement.sourceId,
      ...(statement.odsCode !== undefined && { odsCode: statement.odsCode }),
      name: statement.name,
      ...(statement.telephone !== undefined && { telephone: statement.telephone }),
      relation: statement.relation,
      codes: statement.codes,
      ...(statement.asAt !== undefined && {
        asAt: new Date(statement.asAt).toISOString(),
        // Clocks of two machines differ: an answer is never from the future.
        ageSeconds: Math.max(0, Math.floor((now - statement.asAt) / 1000))
      }),
      ...(statement.attemptAt !== undefined && { attemptAt: new Date(statement.attemptAt).toISOString() }),
      sections: statement.sections.map(toSectionJson),
      text: statementText(statement, now)
    })),
    general: general.map((code) => ({ code, text: completenessCodes[code].display }))
  }
}

const toSectionJson = ({ coveredAt, ...section }: SectionFacts) => ({
  ...section,
  ...(coveredAt !== undefined && { coveredAt: new Date(coveredAt).toISOString() })
})

/** The parts of a statement that change what a reader may conclude, without times: for an ETag. */
export function completenessKey({ sources, general }: Completeness): string {
  const states = sources.map(({ asAt, attemptAt, ...statement }) => statement)
  return JSON.stringify([states, general])
}

function sourceIssue(statement: SourceStatement, now: number | undefined): OperationOutcomeIssue {
  const { severity, issue } = completenessCodes[worst(statement.codes)]
  return {
    extension: [statementExtension(statement)],
    severity,
    code: issue,
    details: {
      coding: statement.codes.map(coding),
      text: statementText(statement, now)
    }
  }
}

function generalIssue(code: GeneralCode): OperationOutcomeIssue {
  const { severity, issue, display } = completenessCodes[code]
  return { severity, code: issue, details: { coding: [coding(code)], text: `${display}.` } }
}

const coding = (code: CompletenessCode) => ({
  system: chesil.completeness,
  code,
  display: completenessCodes[code].display
})

/** The leading code, unless only a later one warns. */
const worst = ([lead, ...facts]: SourceStatement['codes']): CompletenessCode =>
  [lead, ...facts].find((code) => completenessCodes[code].severity === 'warning') ?? lead

function statementExtension({ sourceId, odsCode, name, asAt, sections }: SourceStatement): Extension {
  return {
    url: chesil.extension('source-statement'),
    extension: [
      { url: 'source', valueCode: sourceId },
      {
        url: 'organisation',
        valueReference: {
          ...(odsCode !== undefined && { identifier: { system: systems.odsOrganisation, value: odsCode } }),
          display: name
        }
      },
      ...(asAt === undefined ? [] : [{ url: 'as-at', valueInstant: new Date(asAt).toISOString() }]),
      ...sections.map(sectionExtension)
    ]
  }
}

function sectionExtension({
  section,
  state,
  complete,
  coveredAt,
  warnings,
  quarantined,
  unprocessed = 0,
  wrongPatient = 0
}: SectionFacts): Extension {
  return {
    url: 'section',
    extension: [
      { url: 'code', valueCode: section },
      { url: 'state', valueCode: state },
      { url: 'complete', valueBoolean: complete },
      ...(coveredAt === undefined
        ? []
        : [{ url: 'covered-at', valueInstant: new Date(coveredAt).toISOString() }]),
      ...warnings.map(({ code }) => ({ url: 'warning', valueCode: code })),
      ...counted('quarantined', quarantined),
      ...counted('unprocessed', unprocessed),
      ...counted('wrong-patient', wrongPatient)
    ]
  }
}

const counted = (url: string, count: number): Extension[] =>
  count === 0 ? [] : [{ url, valueUnsignedInt: count }]
