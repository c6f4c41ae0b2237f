import type { RefusalReason } from '@chesil/contracts'
import type { BundleEntry } from '../itk3/bundle-entries.ts'
import { isJson, type Json, many, one, text, uri, word } from '../json.ts'
import { kindNames, kindOf, type PrsbKind } from './kind.ts'
import { isAnswered, labelsOf, partsOf, type Question, readQuestions, type Unreadable } from './question.ts'
import { containedIn, type Named, namedIn, resourcesOf } from './resources.ts'
import { isSection } from './sections.ts'
import { toHeading, toLabel } from './words.ts'

/** A person's answers, read; whose they are is looked for when they are mapped. */
export interface PrsbContent {
  readonly outcome: 'read'
  readonly kind: PrsbKind
  /** The QuestionnaireResponse as it came. */
  readonly response: Json
  readonly questions: readonly Question[]
  /** All resources that came with it, those inside it too. */
  readonly resources: readonly BundleEntry[]
  readonly named: Named
  /** When and how what it came in was put together: a Bundle's own elements. */
  readonly envelope: Json
}

/**
 * - `questionnaire`: a Questionnaire, which asks and holds nobody's answers
 * - `dataset-definition`: a definition of a standard as PRSB publishes it
 * - `no-response`: FHIR without a QuestionnaireResponse
 * - `several-responses`: more than one
 * - `no-answers`: a QuestionnaireResponse in which nothing is answered
 * - `too-deep`, `too-many`: more than is read
 * - `unreadable`: nothing of all these
 */
export type PrsbRefusalDetail =
  | 'questionnaire'
  | 'dataset-definition'
  | 'no-response'
  | 'several-responses'
  | 'no-answers'
  | Unreadable
  | 'unreadable'

export interface PrsbRefusal {
  readonly outcome: 'refused'
  readonly reason: RefusalReason
  readonly detail: PrsbRefusalDetail
  readonly kind: PrsbKind
  /** For the sender: what they sent, without a word of it. */
  readonly text: string
}

const texts: Readonly<Record<PrsbRefusalDetail, string>> = {
  questionnaire: 'A Questionnaire: it asks, and holds nobody’s answers. Send a QuestionnaireResponse',
  'dataset-definition':
    'A definition of a standard: it says what may be recorded, and holds nobody’s answers',
  'no-response': 'There is no QuestionnaireResponse in it',
  'several-responses': 'More than one QuestionnaireResponse: send each by itself',
  'no-answers': 'A QuestionnaireResponse in which nothing is answered',
  'too-deep': 'Questions beneath one another more than 50 deep',
  'too-many': 'More than 100,000 questions and answers',
  unreadable: 'Neither a FHIR R4 resource nor a definition of PRSB’s'
}

/**
 * Tells a person's answers from what defines or asks, and which of PRSB's standards they are of: by the URL, name and
 * title of its questionnaire, else by its headings.
 *
 * @param json A QuestionnaireResponse; or a Bundle or Parameters with one, its Patient and maybe its Questionnaire.
 */
export function readPrsb(json: unknown): PrsbContent | PrsbRefusal {
  if (!isJson(json)) return refuse('unreadable')
  if (json['resourceType'] === undefined) return refuseDefinition(json)
  const resources = resourcesOf(json)
  const responses = resources.filter(({ type }) => type === 'QuestionnaireResponse')
  const [entry, ...others] = responses
  if (others.length > 0) return refuse('several-responses')
  return entry ? readResponse(entry.source, resources, json) : refuseResources(resources)
}

function refuse(detail: PrsbRefusalDetail, kind: PrsbKind = 'other'): PrsbRefusal {
  const known = kind === 'other' ? '' : ` (${kindNames[kind]})`
  return { outcome: 'refused', reason: 'not-a-record', detail, kind, text: `${texts[detail]}${known}` }
}

function readResponse(
  response: Json,
  beside: readonly BundleEntry[],
  envelope: Json
): PrsbContent | PrsbRefusal {
  const resources = [...containedIn(response), ...beside]
  const named = namedIn(resources)
  const questionnaire = resources.find(({ type }) => type === 'Questionnaire')?.source
  const questions = readQuestions(response['item'], { named, labels: labelsOf(questionnaire) })
  const names = [uri(response['questionnaire']), ...namesOf(questionnaire)]
  if (!isList(questions)) return refuse(questions, kindOf(names, []))
  const kind = kindOf(names, outerHeadings(questions))
  // One that was entered in error says so, whatever else it still holds.
  const isWithdrawn = word(response['status']) === 'entered-in-error'
  if (!isWithdrawn && !questions.some(isAnswered)) return refuse('no-answers', kind)
  return { outcome: 'read', kind, response, questions, resources, named, envelope }
}

const isList = (questions: readonly Question[] | Unreadable): questions is readonly Question[] =>
  typeof questions !== 'string'

const outerHeadings = (questions: readonly Question[]): string[] =>
  questions.flatMap((question) => {
    const inner = isSection(question.heading) ? [] : partsOf(question)
    return [question, ...inner].map(({ heading }) => heading)
  })

const namesOf = (definition: Json | undefined): (string | undefined)[] =>
  ['url', 'name', 'title'].map((element) => text(definition?.[element]))

function refuseResources(resources: readonly BundleEntry[]): PrsbRefusal {
  const found = resources.find(({ type }) => type === 'Questionnaire')
  if (!found) return refuse('no-response')
  return refuse('questionnaire', kindOf(namesOf(found.source), definedHeadings(found.source, 'item', 'text')))
}

/** PRSB publishes a definition bare, or as the one `dataset` of a file. */
function refuseDefinition(json: Json): PrsbRefusal {
  const definition = one(json['dataset']) ?? json
  if (!Array.isArray(definition['concept'])) return refuse('unreadable')
  const headings = definedHeadings(definition, 'concept', 'name')
  return refuse('dataset-definition', kindOf(namesOf(definition), headings))
}

/** Those of the outermost level, and of the next one where that is not yet of sections. */
function definedHeadings(definition: Json, parts: string, name: string): string[] {
  const headingOf = (part: Json): string => toHeading(toLabel(text(part[name]) ?? ''))
  return partsIn(definition, parts).flatMap((part) => {
    const inner = isSection(headingOf(part)) ? [] : partsIn(part, parts)
    return [part, ...inner].map(headingOf)
  })
}

const partsIn = (whole: Json, parts: string): readonly Json[] => many(whole[parts]).slice(0, mostHeadings)

const mostHeadings = 200
