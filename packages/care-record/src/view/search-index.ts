import { type List, type Resource, ukCoreExtension } from '@chesil/fhir'
import { parametersByType } from './search-parameters.ts'
import { containedMedicine, intervalIn, isObject, textAt, tokensIn, valuesAt } from './search-values.ts'

/**
 * What searching, sorting and labelling need to know of one entry, kept beside its text so that the text
 * is never parsed to answer a question.
 */
export interface ViewEntryIndex {
  /** By search parameter: `system|code`, and `|code` where no system was given. */
  readonly token?: Readonly<Record<string, readonly string[]>>
  /** By search parameter: `[low, high)` in ms since 1970; of several intervals the hull, by which to sort. */
  readonly date?: Readonly<Record<string, readonly [number, number]>>
  /** By search parameter, where there are several: each of them. */
  readonly dates?: Readonly<Record<string, readonly (readonly [number, number])[]>>
  /** By search parameter: words of codes that stand in another resource. Never kept. */
  readonly text?: Readonly<Record<string, readonly string[]>>
  /** Every code of every coding in the resource, once. */
  readonly codes?: readonly string[]
  /** Codes of `meta.security` and of a document's `securityLabel`; `unreadable` for a label without a code. */
  readonly security?: readonly string[]
  /** Where the item stands in its source's record. */
  readonly sections?: readonly string[]
  /** `Type/id` of what belongs to this item's content, or it to theirs: its medicine, results, panel, problem, files. */
  readonly content?: readonly string[]
}

/** A panel names its members, or a member its panel. */
const contentPaths = ['medicationReference', 'result', 'hasMember', 'derivedFrom'] as const
/** A document or a report names its files. */
const filePaths = ['content.attachment', 'presentedForm'] as const

export function indexResource(resource: Resource, sections: readonly string[]): ViewEntryIndex {
  const parameters = parametersByType.get(resource.resourceType)
  const codes = codesIn(resource)
  const content = [
    ...contentPaths.flatMap((path) =>
      valuesAt(resource, path).flatMap((value) => textAt(value, 'reference'))
    ),
    ...filePaths.flatMap((path) => valuesAt(resource, path).flatMap(filesOf)),
    ...(resource.resourceType === 'List' ? problemsOf(resource) : [])
  ].filter((reference) => !reference.startsWith('#')) // what it contains is itself
  const security = securityOf(resource)
  const token = parameters && tokensOf(resource, parameters.token)
  const { date, dates } = parameters ? datesOf(resource, parameters.date) : {}
  return {
    ...(token && Object.keys(token).length > 0 && { token }),
    ...(date && Object.keys(date).length > 0 && { date }),
    ...(dates && Object.keys(dates).length > 0 && { dates }),
    ...(codes.length > 0 && { codes }),
    ...(security.length > 0 && { security }),
    ...(sections.length > 0 && { sections }),
    ...(content.length > 0 && { content })
  }
}

/** An attachment names a file that is held here by its key; any other address is nothing of the record's. */
const filesOf = (attachment: unknown): readonly string[] =>
  textAt(attachment, 'url').filter((url) => url.startsWith('Binary/'))

/** What a topic or heading of a consultation is about: its title is often the problem's name. */
function problemsOf({ extension }: List): readonly string[] {
  return (extension ?? [])
    .filter(({ url }) => url === relatedProblem)
    .flatMap((one) => one.extension ?? [])
    .flatMap(({ valueReference }) => valueReference?.reference ?? [])
}

const relatedProblem = ukCoreExtension('RelatedProblemHeader')

function tokensOf(
  resource: Resource,
  parameters: Readonly<Record<string, readonly string[]>>
): Record<string, string[]> {
  const tokens: Record<string, string[]> = {}
  for (const [name, paths] of Object.entries(parameters)) {
    const inside = name === 'code' ? [containedMedicine(resource)] : []
    const found = [...paths.flatMap((path) => valuesAt(resource, path)), ...inside].flatMap(tokensIn)
    if (found.length > 0) tokens[name] = [...new Set(found)]
  }
  return tokens
}

function datesOf(resource: Resource, parameters: Readonly<Record<string, readonly string[]>>) {
  const date: Record<string, [number, number]> = {}
  const dates: Record<string, [number, number][]> = {}
  for (const [name, paths] of Object.entries(parameters)) {
    for (const path of paths) {
      const intervals = valuesAt(resource, path).flatMap(intervalIn)
      if (intervals.length === 0) continue
      date[name] = [
        Math.min(...intervals.map(([low]) => low)),
        Math.max(...intervals.map(([, high]) => high))
      ]
      if (intervals.length > 1) dates[name] = intervals
      break // the first path that has a date is the one meant
    }
  }
  return { date, dates }
}

/** A label whose meaning we cannot read is one that nobody may see. */
function securityOf(resource: Resource): readonly string[] {
  const concepts = valuesAt(resource, 'securityLabel').flatMap((concept) => {
    const codings = isObject(concept) ? concept['coding'] : undefined
    return Array.isArray(codings) && codings.length > 0 ? codings : [concept]
  })
  const labels: readonly unknown[] = [...(resource.meta?.security ?? []), ...concepts]
  return labels.map((label) => textAt(label, 'code')[0] ?? 'unreadable')
}

/** Of an encounter its class, and of a document its format, are codings by themselves. */
const codingNames: ReadonlySet<string> = new Set(['coding', 'valueCoding', 'class', 'format'])

/**
 * Wherever a coding stands, at any depth: a sensitive code in a component, a reason or an answer is as
 * sensitive as in `code`.
 */
function codesIn(resource: Resource): readonly string[] {
  const codings: unknown[] = []
  const pending: object[] = [resource]
  for (const value of pending) {
    for (const [name, item] of Object.entries(value)) {
      if (typeof item !== 'object' || item === null || name === 'meta') continue
      if (codingNames.has(name)) codings.push(item)
      pending.push(item)
    }
  }
  return [...new Set(codings.flat().flatMap((coding) => textAt(coding, 'code')))]
}
