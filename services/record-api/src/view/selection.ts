import { holdsAddress, indexResource, isListedType, mayView, withoutAddress } from '@chesil/care-record'
import { itemTags } from '@chesil/contracts'
import { chesil, type Resource } from '@chesil/fhir'
import type { Access } from '../access/access.ts'
import { joinPieces, type Piece } from './gzip-stream.ts'
import type { PersonView } from './person-view.ts'
import { packItems, unpack, type ViewItem } from './view-item.ts'

/** What decides, beside the reader's rights, which items of a view are shown and how. */
export interface Circumstances {
  /** Sources whose items are not shown: the person did not agree. */
  readonly hiddenSources: ReadonlySet<string>
  /** Sources that allow only the session by now: what was kept of them for everybody is for nobody. */
  readonly sessionOnly: ReadonlySet<string>
  /** Sources that are former practices. */
  readonly formerSources: ReadonlySet<string>
  /** Sections for which the present practice speaks. */
  readonly takenOver: ReadonlySet<string>
  readonly withAddress: boolean
  readonly baseUrl: string
}

/** The part of a view that one reader may see. */
export interface Selection {
  /** What is listed and searched: no files. */
  readonly items: readonly ViewItem[]
  /** What can be read by its id: files too. */
  readonly byKey: ReadonlyMap<string, ViewItem>
  /** All that is listed, ready to be sent. */
  readonly all: Piece
  /** Something was kept from this reader by policy: by label, role or scope. */
  readonly hasWithheld: boolean
}

const selections = new WeakMap<PersonView, Map<string, Selection>>()
/** Roles and scopes are few; more different filters than this on one view are not worth keeping. */
const keptSelections = 8

/** @returns the same selection for the same view, rights and circumstances, without doing the work again. */
export function select(view: PersonView, access: Access, circumstances: Circumstances): Selection {
  const key = selectionKey(access, circumstances)
  const known = selections.get(view) ?? new Map<string, Selection>()
  selections.set(view, known)
  const selection = known.get(key) ?? makeSelection(view, access, circumstances)
  if (known.size < keptSelections) known.set(key, selection)
  return selection
}

export const selectionKey = (access: Access, circumstances: Circumstances): string =>
  JSON.stringify([
    access.key,
    [...circumstances.hiddenSources],
    [...circumstances.formerSources],
    [...circumstances.takenOver],
    circumstances.withAddress
  ])

function makeSelection(view: PersonView, access: Access, circumstances: Circumstances): Selection {
  const { items, listed: block } = view
  if (block && isShownAsItIs(items, access, circumstances)) return toSelection(items, false, block)
  const offered = items.filter(
    (item) => !circumstances.hiddenSources.has(item.sourceId) && !isTakenOver(item, circumstances)
  )
  const mayRead = remembered(access.mayRead)
  const seen = offered.filter(
    ({ resourceType, labels }) => mayRead(resourceType) && mayView(labels, access.rights.labels)
  )
  const hidden = hiddenMedicines(offered, seen)
  const medicines = hidden.size === 0 ? seen : seen.map(withoutMedicines(hidden, circumstances))
  const shown = medicines.map((item) => present(item, circumstances))
  const isAll = shown.length === items.length && shown.every((item, at) => item === items[at])
  return toSelection(shown, seen.length < offered.length, isAll ? block : undefined)
}

/** Mostly nothing is left out and nothing is changed: told by looking at each item once. */
function isShownAsItIs(
  items: PersonView['items'],
  access: Access,
  { hiddenSources, formerSources, withAddress }: Circumstances
): boolean {
  const isShown = remembered((type) => access.mayRead(type) && (withAddress || !holdsAddress(type)))
  return items.every(
    ({ resourceType, sourceId, labels }) =>
      labels === undefined &&
      isShown(resourceType) &&
      !hiddenSources.has(sourceId) &&
      !formerSources.has(sourceId)
  )
}

/** Types are few, items are thousands. */
function remembered(judge: (resourceType: string) => boolean): (resourceType: string) => boolean {
  const verdicts = new Map<string, boolean>()
  return (resourceType) => {
    const known = verdicts.get(resourceType) ?? judge(resourceType)
    verdicts.set(resourceType, known)
    return known
  }
}

/** @param block All that is listed, where it lies side by side: its bytes are not copied. */
function toSelection(shown: readonly ViewItem[], hasWithheld: boolean, block: Piece | undefined): Selection {
  const isListed = remembered(isListedType)
  const listed = shown.filter(({ resourceType }) => isListed(resourceType))
  let byKey: ReadonlyMap<string, ViewItem> | undefined
  return {
    items: listed,
    get byKey() {
      byKey ??= new Map(shown.map((item) => [item.key, item]))
      return byKey
    },
    all: block ?? joinPieces(listed.map(({ piece }) => piece)),
    hasWithheld
  }
}

/** Keys of the Medications that this reader may not see. */
function hiddenMedicines(offered: readonly ViewItem[], seen: readonly ViewItem[]): ReadonlySet<string> {
  if (seen.length === offered.length) return new Set()
  const hidden = new Set(
    offered.filter(({ resourceType }) => resourceType === 'Medication').map(({ key }) => key)
  )
  for (const { key } of seen) hidden.delete(key)
  return hidden
}

/** By the codes and words of a Medication nobody finds what names it who may not see them. */
function withoutMedicines(hidden: ReadonlySet<string>, { baseUrl }: Circumstances) {
  return (item: ViewItem): ViewItem => {
    if (!item.resourceType.startsWith('Medication')) return item
    const own = indexResource(item.readResource(), item.sections)
    if (!own.content?.some((key) => hidden.has(key))) return item
    const text = item.body.toString()
    return packItems([{ ...unpack(item), readIndex: () => own, text }], baseUrl).items[0] as ViewItem
  }
}

/** What a former practice said is no longer current once the present one speaks for every section it stood in. */
function isTakenOver({ sourceId, sections }: ViewItem, { formerSources, takenOver }: Circumstances): boolean {
  if (!formerSources.has(sourceId) || takenOver.size === 0) return false
  // What stands in no section, such as who prescribed, is not known to be said anew.
  return sections.length > 0 && sections.every((section) => takenOver.has(section))
}

function present(item: ViewItem, { formerSources, withAddress, baseUrl }: Circumstances): ViewItem {
  const isFormer = formerSources.has(item.sourceId)
  const isReduced = !withAddress && holdsAddress(item.resourceType)
  if (!isFormer && !isReduced) return item
  const resource = JSON.parse(item.body.toString()) as Resource
  const tagged = isFormer ? withFormerTag(resource) : resource
  const reduced = isReduced ? withoutAddress(tagged) : tagged
  const { items } = packItems(
    [
      {
        ...unpack(item),
        isAsKept: false,
        readIndex: () => item.index,
        text: JSON.stringify(reduced)
      }
    ],
    baseUrl
  )
  return items[0] as ViewItem
}

export const withFormerTag = (resource: Resource): Resource => ({
  ...resource,
  meta: {
    ...resource.meta,
    tag: [...(resource.meta?.tag ?? []), { system: chesil.itemTag, ...itemTags.formerPractice }]
  }
})
