import { comparePositions, matches, type SearchQuery } from '@chesil/care-record'
import type { OperationOutcome, OperationOutcomeIssue, Provenance } from '@chesil/fhir'
import type { Deps } from '../deps.ts'
import { bundlePieces, toClosing } from '../http/bundle.ts'
import { etagOf } from '../http/conditional.ts'
import type { Cursor } from '../http/cursors.ts'
import { pageOf } from '../http/page.ts'
import { type Parameters, toQuery } from '../http/parameters.ts'
import type { ResultParameters } from '../http/result-parameters.ts'
import type { PersonAnswerFacts } from '../person/gather-facts.ts'
import { includedWith } from '../view/included.ts'
import { provenanceItems } from '../view/provenance-items.ts'
import { type Candidate, candidatesOf, foundBefore, sorted, toCandidate } from '../view/search-candidates.ts'
import { subsetsOf } from '../view/subset.ts'
import { includedPiece, type ViewItem } from '../view/view-item.ts'
import { closingOf, ignoredIssue, outcomeOf } from './person-request.ts'

/** A search, understood. */
export interface Search {
  readonly query: SearchQuery
  /** Of a search for Provenance: the items that it is about, each `Type/id`. */
  readonly targets: ReadonlySet<string> | undefined
  readonly parameters: Parameters
  readonly result: ResultParameters
}

export function composeSearch(
  facts: PersonAnswerFacts,
  asked: Search,
  cursor: Cursor | undefined,
  deps: Deps
) {
  const { query, parameters, result } = asked
  const { patientId } = facts.state
  const { sort, resourceType } = query
  const found = findMatches(facts, asked, deps)
  const page = pageOf(
    found,
    result.count,
    cursor && (({ position }) => comparePositions(position, cursor.after, sort) > 0)
  )
  const matched = page.items.map(({ item }) => item)
  const context = { catalogue: deps.catalogue, baseUrl: deps.baseUrl() }
  const included = includedWith(matched, result.includes, facts.selection, context)
  const url = `${context.baseUrl}/${resourceType}`
  const self = toQuery([['patient', patientId], ...query.used, ...parameters.filter(isOfResult)])
  const next =
    page.last &&
    deps.cursors.write({
      patientId,
      version: facts.version,
      of: resourceType,
      search: self,
      after: page.last.position
    })
  const links = [
    { relation: 'self' as const, url: `${url}?${self}` },
    ...(next ? [{ relation: 'next' as const, url: `${url}?_cursor=${next}` }] : [])
  ]
  const remarks = [...query.ignored.map(ignoredIssue), ...(included.isCut ? [cutIssue] : [])]
  const head = {
    type: 'searchset' as const,
    id: deps.ids.newId(),
    lastUpdated: facts.now,
    ...(result.hasTotal && { total: found.length }),
    links
  }
  const shown = (items: readonly ViewItem[]) => subsetsOf(items, result.form, context.baseUrl)
  return {
    content: {
      etag: etagOf([
        facts.key,
        resourceType,
        self,
        query.ignored.join(),
        JSON.stringify(cursor?.after ?? [])
      ]),
      mayStay: facts.isAllFresh,
      pieces: bundlePieces(
        head,
        [...shown(matched).map(({ piece }) => piece), ...shown(included.items).map(includedPiece)],
        remarks.length === 0 ? closingOf(facts) : toClosing(withRemarks(outcomeOf(facts), remarks))
      )
    },
    count: matched.length + included.items.length
  }
}

const withRemarks = (
  outcome: OperationOutcome,
  remarks: readonly OperationOutcomeIssue[]
): OperationOutcome => ({ ...outcome, issue: [...outcome.issue, ...remarks] })

function findMatches(facts: PersonAnswerFacts, asked: Search, deps: Deps): readonly Candidate[] {
  const { query } = asked
  const { sort } = query
  if (query.resourceType === 'Provenance') {
    const matching = provenanceSearched(facts, asked, deps).filter((item) => matches(item, query))
    return sorted(
      matching.map((item) => toCandidate(item, sort)),
      sort
    )
  }
  return foundBefore(facts.selection, keyOf(asked), () => {
    const found = candidatesOf(facts.selection, query).filter(({ item }) => matches(item, query))
    if (isNewestFirst(sort)) return found
    return sorted(
      found.map(({ item }) => toCandidate(item, sort)),
      sort
    )
  })
}

/** What decides which items of a selection are found, and in which order; nothing else does. */
const keyOf = ({ query, parameters }: Search): string =>
  `${query.resourceType}?${toQuery([...query.used, ...parameters.filter(([name]) => name === '_sort')])}`

const isNewestFirst = ([first, second]: SearchQuery['sort']): boolean =>
  first === undefined || (second === undefined && first.parameter === 'date' && first.descending)

/** Of Provenance what is searched: what is kept, and that of each item. */
function provenanceSearched(
  { selection }: PersonAnswerFacts,
  { targets }: Search,
  { catalogue, baseUrl }: Deps
): readonly ViewItem[] {
  const { items } = selection
  const context = { catalogue, baseUrl: baseUrl() }
  if (targets === undefined) return [...items, ...provenanceItems(items, context)]
  return [
    ...items.filter((item) => item.resourceType === 'Provenance' && isAbout(item, targets)),
    ...provenanceItems(
      items.filter((item) => targets.has(item.key)),
      context
    )
  ]
}

function isAbout({ body }: ViewItem, keys: ReadonlySet<string>): boolean {
  const { target } = JSON.parse(body.toString()) as Provenance
  return target.some(({ reference }) => reference !== undefined && keys.has(reference))
}

/** What shapes the result, and is said in its `self` link. */
const isOfResult = ([name]: readonly [string, string]): boolean =>
  /^_(sort|count|total|summary|elements|(rev)?include(:iterate)?)$/.test(name) || name === 'target'

/** A reader who follows the matches finds the rest. */
const cutIssue: OperationOutcomeIssue = {
  severity: 'warning',
  code: 'too-costly',
  details: { text: 'Not everything that was to be included is: read what is missing by its reference' }
}
