import { findNhsNumber, type NhsNumber, systems } from '@chesil/fhir'
import type { SectionRequest } from '@chesil/synthetic'
import { forbiddenBeside, type ParameterRule, parameterTable } from './parameter-table.ts'
import { type PartValue, readPart } from './part-value.ts'
import { type Refusal, refuse } from './refusal.ts'
import { toSectionRequest } from './section-request.ts'

/** What a request asks for. */
export interface StructuredRequest {
  readonly nhsNumber: NhsNumber
  readonly sections: readonly SectionRequest[]
  /** Parameters, and parts as `parameter.part`, that we do not know: the answer says so. */
  readonly unrecognised: readonly string[]
  /** The same for requests that ask for the same of whomever. */
  readonly key: string
}

type Members = Readonly<Record<string, unknown>>

interface Parameter extends Members {
  readonly name: string
  readonly part?: unknown
}

/** A known parameter with its parts read. */
interface Asked {
  readonly name: string
  readonly rule: ParameterRule
  readonly parts: ReadonlyMap<string, PartValue>
}

/**
 * Reads the body of `$gpc.getstructuredrecord`.
 *
 * @param today An ISO date.
 * @see https://developer.nhs.uk/apis/gpconnect-1-6-2/accessrecord_structured_development_retrieve_patient_record.html
 */
export function parseParameters(body: unknown, today: string): StructuredRequest | Refusal {
  const parameters = readParameters(body)
  if ('code' in parameters) return parameters
  const nhsNumber = readNhsNumber(parameters)
  if (typeof nhsNumber !== 'string') return nhsNumber
  const others = parameters.filter(({ name }) => name !== 'patientNHSNumber')
  const known = others.filter(({ name }) => parameterTable.has(name))
  const unknown = others.filter(({ name }) => !parameterTable.has(name)).map(({ name }) => name)
  if (known.length === 0 && unknown.length > 0) return refuse('INVALID_PARAMETER', unknown[0])
  const asked = readAll(known, today)
  if ('code' in asked) return asked
  const refusal = repeated(asked) ?? notTogether(asked)
  if (refusal) return refusal
  return {
    nhsNumber,
    sections: toSections(asked),
    unrecognised: [...unknown, ...known.flatMap(unknownParts)],
    key: JSON.stringify(others)
  }
}

function readParameters(body: unknown): readonly Parameter[] | Refusal {
  const resource = typeof body === 'string' ? parseJson(body) : undefined
  if (resource?.['resourceType'] !== 'Parameters') {
    return refuse('INVALID_RESOURCE', 'The body has to be a Parameters resource in JSON')
  }
  const { parameter } = resource
  if (!Array.isArray(parameter) || !parameter.every(isParameter)) {
    return refuse('INVALID_RESOURCE', 'Parameters.parameter has to be a list of named parameters')
  }
  return parameter
}

function parseJson(text: string): Members | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return isObject(value) ? value : undefined
  } catch {
    return undefined
  }
}

const isObject = (value: unknown): value is Members => typeof value === 'object' && value !== null
const isParameter = (value: unknown): value is Parameter =>
  isObject(value) && typeof value['name'] === 'string'

function readNhsNumber(parameters: readonly Parameter[]): NhsNumber | Refusal {
  const [given, other] = parameters.filter(({ name }) => name === 'patientNHSNumber')
  if (!given || other) return refuse('INVALID_PARAMETER', 'patientNHSNumber has to be given once')
  const identifier = given['valueIdentifier']
  if (!isObject(identifier)) return refuse('INVALID_PARAMETER', 'patientNHSNumber has to be an Identifier')
  const { system, value } = identifier
  if (system !== systems.nhsNumber) return refuse('INVALID_IDENTIFIER_SYSTEM', 'patientNHSNumber')
  const nhsNumber = typeof value === 'string' && value.length === 10 ? findNhsNumber(value) : undefined
  return nhsNumber ?? refuse('INVALID_NHS_NUMBER', 'patientNHSNumber')
}

function readAll(parameters: readonly Parameter[], today: string): readonly Asked[] | Refusal {
  const asked: Asked[] = []
  for (const parameter of parameters) {
    const read = readOne(parameter, today)
    if ('code' in read) return read
    asked.push(read)
  }
  return asked
}

function readOne(parameter: Parameter, today: string): Asked | Refusal {
  const { name } = parameter
  const rule = parameterTable.get(name) as ParameterRule
  const parts = new Map<string, PartValue>()
  for (const part of partsOf(parameter)) {
    const kind = rule.parts.get(part.name)
    if (!kind) continue
    const value = readPart(part, kind, today)
    if (typeof value === 'string') return refuse('INVALID_PARAMETER', `${name}.${part.name} ${value}`)
    if (parts.has(part.name)) return refuse('INVALID_PARAMETER', `${name}.${part.name} is given twice`)
    parts.set(part.name, value)
  }
  if (rule.mandatory !== undefined && !parts.has(rule.mandatory)) {
    return refuse('INVALID_PARAMETER', `${name}.${rule.mandatory} is missing`)
  }
  return { name, rule, parts }
}

const partsOf = ({ part }: Parameter): readonly Parameter[] =>
  Array.isArray(part) ? part.filter(isParameter) : []

const unknownParts = (parameter: Parameter): string[] =>
  partsOf(parameter)
    .filter(({ name }) => !parameterTable.get(parameter.name)?.parts.has(name))
    .map(({ name }) => `${parameter.name}.${name}`)

function repeated(asked: readonly Asked[]): Refusal | undefined {
  const twice = asked.find(
    ({ name, rule }) => !rule.repeats && asked.filter((other) => other.name === name).length > 1
  )
  return twice && refuse('INVALID_PARAMETER', `${twice.name} is given twice`)
}

/** Parts that the specification forbids to combine. */
function notTogether(asked: readonly Asked[]): Refusal | undefined {
  const consultations = asked.find(({ name }) => name === 'includeConsultations')
  if (consultations && consultations.parts.size > 1) {
    return refuse(
      'INVALID_RESOURCE',
      'consultationSearchPeriod and includeNumberOfMostRecent exclude each other'
    )
  }
  for (const [beside, forbidden] of forbiddenBeside) {
    if (!asked.some(({ name }) => name === beside)) continue
    const part = asked.flatMap(({ parts }) => [...parts.keys()]).find((name) => forbidden.includes(name))
    if (part !== undefined) return refuse('INVALID_PARAMETER', `${part} is not allowed with ${beside}`)
  }
  return undefined
}

/** A parameter that repeats asks for what any of its repetitions asks for. */
function toSections(asked: readonly Asked[]): SectionRequest[] {
  const bySection = Map.groupBy(asked, ({ rule }) => rule.section)
  return [...bySection].map(([section, requests]) =>
    toSectionRequest(
      section,
      requests.map(({ parts }) => parts)
    )
  )
}
