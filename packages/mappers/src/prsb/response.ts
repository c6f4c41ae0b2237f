import type { ContributionEntry, Section } from '@chesil/contracts'
import {
  defined,
  isFhirDateTime,
  type Narrative,
  type QuestionnaireResponse,
  type QuestionnaireResponseItem,
  type QuestionnaireResponseItemAnswer,
  type Reference
} from '@chesil/fhir'
import { itemMeta } from '../item-meta.ts'
import { readXml } from '../itk3/xml/element.ts'
import { narrativeText } from '../itk3/xml/narrative.ts'
import { isJson, many, one, some, text, uri, word } from '../json.ts'
import { aboutMeHtml, joinHtml, toParagraphs } from './about-me.ts'
import { toIdentifier } from './answer.ts'
import type { Label } from './care-entries.ts'
import type { Document } from './document.ts'
import { partOf, securityOf } from './draft.ts'
import { only, without } from './prune.ts'
import { hasUnread, isAnswered, type Question } from './question.ts'
import { toLogical } from './resources.ts'

/**
 * The document itself, with every answer. What not every reader may see is a response of its own with that label, so
 * that the rest stays open to all: a label holds for a whole resource.
 *
 * @see https://simplifier.net/hl7fhirukcorer4/ukcore-questionnaireresponse
 */
export function toResponses(document: Document): ContributionEntry[] {
  const { content, labels } = document
  const isLabelled = (question: Question) => labels.has(question)
  const present = [...new Set(labels.values())].sort().reverse()
  const open = without(content.questions, isLabelled)
  // Nobody has looked for what its text says: it is seen by those who may see all.
  const [strictest] = present
  const isOpen = strictest === undefined || open.some(isAnswered)
  return [
    ...(isOpen
      ? [toEntry({ label: undefined, questions: open, hasText: strictest === undefined }, document)]
      : []),
    ...present.map((label) => {
      const questions = only(content.questions, (question) => labels.get(question) === label)
      return toEntry({ label, questions, hasText: label === strictest }, document)
    })
  ]
}

interface Part {
  readonly label: Label | undefined
  readonly questions: readonly Question[]
  /** It holds the source's own narrative too. */
  readonly hasText: boolean
}

function toEntry(part: Part, document: Document): ContributionEntry {
  const { context, name } = document
  const { label, questions } = part
  const sections = sectionsOf(label, document)
  const unread = label === undefined ? unreadIn(document) : []
  const isDegraded = unread.length > 0 || questions.some(hasUnread)
  const sourceResourceId = `${name}|QuestionnaireResponse${label === undefined ? '' : `/${label}`}`
  const meta = itemMeta(context.source, 'QuestionnaireResponse', sections, isDegraded ? ['degraded'] : [])
  const security = securityOf(label, document)
  const resource = {
    resourceType: 'QuestionnaireResponse',
    id: context.resourceId('QuestionnaireResponse', sourceResourceId),
    meta: security.length > 0 ? { ...meta, security } : meta,
    ...defined({ text: narrativeOf(part, unread, document) }),
    ...elementsOf(document),
    ...defined({ item: some(questions.map(toItem)) })
  } satisfies QuestionnaireResponse
  return { resourceType: resource.resourceType, sourceResourceId, resource, part: partOf(name), sections }
}

function sectionsOf(label: Label | undefined, { content, sections }: Document): Section[] {
  if (label !== undefined) return ['alerts']
  if (content.kind === 'about-me') return ['about-me']
  const isPersonal = sections.some(({ role, question }) => role === 'about-me' && isAnswered(question))
  return isPersonal ? ['assessments', 'about-me'] : ['assessments']
}

const statuses: ReadonlyMap<string, QuestionnaireResponse['status']> = new Map(
  (['in-progress', 'completed', 'amended', 'entered-in-error', 'stopped'] as const).map((code) => [
    code,
    code
  ])
)

const statusOf = ({ content }: Document) => statuses.get(word(content.response['status']) ?? '')

/** Unless it says when, that is not known. */
function authoredOf({ content }: Document): string | undefined {
  const authored = word(content.response['authored'])
  return authored !== undefined && isFhirDateTime(authored) ? authored : undefined
}

function elementsOf(document: Document) {
  const { response } = document.content
  const url = uri(response['questionnaire'])
  return defined({
    identifier: toIdentifier(one(response['identifier'])),
    questionnaire: url !== undefined && /^(?:https?|urn):/.test(url) ? url : undefined,
    status: statusOf(document) ?? ('completed' as const),
    subject: { reference: `Patient/${document.personId}` as const },
    authored: authoredOf(document),
    author: toActor(response['author'], document),
    source: toActor(response['source'], document)
  })
}

/** Who wrote or said it: the person, or somebody in words. */
function toActor(given: unknown, { content, patient, personId }: Document) {
  const source = one(given)
  if (source === undefined) return undefined
  const reference = word(source['reference']) ?? ''
  const target = content.named(reference)
  const isPatient = target ? target.type === 'Patient' : /(?:^|\/)Patient\/[^/]+/.test(reference)
  if (!isPatient) return toLogical(source, content.named) as Reference<never> | undefined
  const isTheirs = target
    ? target === patient
    : reference === word(one(content.response['subject'])?.['reference'])
  return isTheirs
    ? { reference: `Patient/${personId}` as const }
    : { display: 'Another person, not named here' }
}

function unreadIn(document: Document): string[] {
  const { response } = document.content
  const [status, authored] = [text(response['status']), text(response['authored'])]
  const qualified = many(response['modifierExtension']).map(({ url }) =>
    (uri(url)?.split('/').at(-1) ?? 'unnamed').slice(0, 100)
  )
  return [
    ...(statusOf(document) === undefined ? [`Status as sent: ${status?.slice(0, 100) ?? 'none'}`] : []),
    ...(authored === undefined || authoredOf(document) ? [] : [`Date as sent: ${authored.slice(0, 100)}`]),
    ...qualified.map((name) => `Qualified at its source in a way that could not be read: ${name}`),
    ...(text(response['implicitRules']) ? ['Made by rules of its own that could not be read'] : [])
  ]
}

function narrativeOf(
  { label, questions, hasText }: Part,
  unread: readonly string[],
  { content, sections }: Document
): Narrative | undefined {
  const aboutMe = sections.filter(({ role }) => role === 'about-me').map(({ question }) => question)
  const told = content.kind === 'about-me' ? questions : aboutMe
  const pieces = label === undefined ? aboutMeHtml(told) : []
  const more = [...unread, ...(hasText ? ownWords(content.response['text']) : [])]
  if (pieces.length + more.length === 0) return undefined
  const status = more.length > 0 ? ('additional' as const) : ('generated' as const)
  return { status, div: joinHtml([...pieces, ...(more.length > 0 ? [toParagraphs(more)] : [])]) }
}

/** A narrative that says more than the answers, as plain text. */
function ownWords(narrative: unknown): string[] {
  if (!isJson(narrative) || !['additional', 'extensions'].includes(word(narrative['status']) ?? '')) return []
  const div = typeof narrative['div'] === 'string' ? readXml(narrative['div']) : undefined
  const words = div && text(narrativeText(div))
  return words === undefined ? [] : [words]
}

/** R4 lets no questions stand beneath both a question and its answers (qrs-1). */
function toItem({ linkId, label, answers, items }: Question): QuestionnaireResponseItem {
  const [first, ...others] = answers
  const written =
    first && items.length > 0 ? [{ ...first, items: [...first.items, ...items] }, ...others] : answers
  return defined({
    linkId,
    text: label === '' ? undefined : label,
    answer: some(
      written.map(
        (answer): QuestionnaireResponseItemAnswer => ({
          ...answer.value,
          ...defined({ item: some(answer.items.map(toItem)) })
        })
      )
    ),
    item: first ? undefined : some(items.map(toItem))
  })
}
