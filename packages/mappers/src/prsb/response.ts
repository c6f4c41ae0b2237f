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
import { joinLabels, labelled, labelsOfWords } from '../sensitive-words.ts'
import { aboutMeHtml, joinHtml, toParagraphs } from './about-me.ts'
import { toIdentifier } from './answer.ts'
import type { Document } from './document.ts'
import { partOf, securityOf } from './draft.ts'
import type { Labels } from './labels.ts'
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
  const open = without(content.questions, (question) => labels.has(question))
  const own = ownWords(content.response['text'])
  const present = [...new Map([...labels.values()].map((one) => [nameOf(one), one])).values()]
  // Nobody has looked for what its text repeats: it has the labels of all that stands there.
  const ofText = own.length === 0 ? [] : joinLabels(...present, ...own.map(labelsOfWords))
  const all = new Map([...present, ...(own.length > 0 ? [ofText] : [])].map((one) => [nameOf(one), one]))
  all.delete('')
  const withText = (one: Labels) => (nameOf(one) === nameOf(ofText) ? own : [])
  const isOpen = all.size === 0 || open.some(isAnswered)
  return [
    ...(isOpen ? [toEntry({ labels: [], questions: open, own: withText([]) }, document)] : []),
    ...[...all.values()].sort(inOrder).map((one) => {
      const kept = only(content.questions, (question) => isOf(one, labels.get(question)))
      // Beneath it may stand what has more labels.
      const questions = without(kept, (question) => labels.has(question) && !isOf(one, labels.get(question)))
      return toEntry({ labels: one, questions, own: withText(one) }, document)
    })
  ]
}

const nameOf = (labels: Labels): string => labels.join('+')
const isOf = (labels: Labels, others: Labels | undefined): boolean =>
  others !== undefined && nameOf(labels) === nameOf(others)

/** Those about safeguarding first. */
const inOrder = (a: Labels, b: Labels): number => (nameOf(a) < nameOf(b) ? 1 : -1)

interface Part {
  /** None of the open one. */
  readonly labels: Labels
  readonly questions: readonly Question[]
  /** The source's own narrative. */
  readonly own: readonly string[]
}

function toEntry(part: Part, document: Document): ContributionEntry {
  const { context, name } = document
  const { labels, questions } = part
  const isOpen = labels.length === 0
  const sections = sectionsOf(isOpen, document)
  const unread = isOpen ? unreadIn(document) : []
  const isDegraded = unread.length > 0 || questions.some(hasUnread)
  const sourceResourceId = `${name}|QuestionnaireResponse${isOpen ? '' : `/${nameOf(labels)}`}`
  const meta = itemMeta(context.source, 'QuestionnaireResponse', sections, isDegraded ? ['degraded'] : [])
  const security = securityOf(labels, document)
  const resource = labelled<QuestionnaireResponse>({
    resourceType: 'QuestionnaireResponse',
    id: context.resourceId('QuestionnaireResponse', sourceResourceId),
    meta: security.length > 0 ? { ...meta, security } : meta,
    ...defined({ text: narrativeOf(part, unread, document) }),
    ...elementsOf(document),
    ...defined({ item: some(questions.map(toItem)) })
  })
  return { resourceType: resource.resourceType, sourceResourceId, resource, part: partOf(name), sections }
}

function sectionsOf(isOpen: boolean, { content, sections }: Document): Section[] {
  if (content.kind === 'about-me') return ['about-me']
  if (!isOpen) return ['alerts']
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
  { labels, questions, own }: Part,
  unread: readonly string[],
  { content, sections, labels: known }: Document
): Narrative | undefined {
  const aboutMe = sections.filter(({ role }) => role === 'about-me').map(({ question }) => question)
  const open = labels.length === 0 ? without(aboutMe, (question) => known.has(question)) : []
  const pieces = aboutMeHtml(content.kind === 'about-me' ? questions : open)
  const more = [...unread, ...own]
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
