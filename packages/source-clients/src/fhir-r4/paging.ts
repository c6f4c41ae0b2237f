import { OutcomeError } from '@chesil/fhir'
import { Client, type FhirResource, type SearchParams } from 'fhir-kit-client'
import type { NoAnswer } from '../authorised-source.ts'
import type { Page, PagingFault, Searchset } from './searchset.ts'

export interface Paging {
  /** Without a trailing slash. */
  readonly baseUrl: string
  readonly get: (url: string) => Promise<Page | NoAnswer>
  readonly maxPages: number
  readonly maxEntries: number
}

/** Ends a search from within the library, which knows only pages. */
const stopWith = (outcome: NoAnswer): OutcomeError =>
  new OutcomeError('upstreamUnavailable', 'The endpoint did not answer the search', { cause: { outcome } })

const fault = (code: PagingFault): OutcomeError => stopWith({ outcome: 'failed', code })

function findStop(error: unknown): NoAnswer | undefined {
  const cause = error instanceof OutcomeError ? error.cause : undefined
  return typeof cause === 'object' && cause !== null && 'outcome' in cause
    ? (cause.outcome as NoAnswer)
    : undefined
}

/**
 * A search with all its pages, or why there is not the whole of it: half a list says nothing of what is missing.
 *
 * fhir-kit-client makes the requests and finds their links. It can be given no transport of ours: it calls the
 * global `fetch`. So its one method that sends is replaced, and nothing leaves past the address guard.
 */
export async function searchAll(
  resourceType: string,
  searchParams: SearchParams,
  paging: Paging
): Promise<{ readonly outcome: 'answered'; readonly pages: readonly Page[] } | NoAnswer> {
  const pages: Page[] = []
  const library = createLibrary(paging, (page) => pages.push(page))
  try {
    let bundle = (await library.resourceSearch({ resourceType, searchParams })) as Searchset
    for (let entries = bundle.entry.length; hasNext(bundle); entries += bundle.entry.length) {
      if (pages.length >= paging.maxPages || entries > paging.maxEntries) throw fault('too-many-pages')
      bundle = (await library.nextPage({ bundle })) as Searchset
    }
    return { outcome: 'answered', pages }
  } catch (error) {
    const outcome = findStop(error)
    if (outcome === undefined) throw error
    return outcome
  }
}

const hasNext = ({ link }: Searchset): boolean => link.some(({ relation }) => relation === 'next')

function createLibrary({ baseUrl, get }: Paging, onPage: (page: Page) => void): Client {
  const asked = new Set<string>()
  const library = new Client({ baseUrl })
  library.httpClient.request = async (_method, link): Promise<FhirResource> => {
    const url = findOwnUrl(link, baseUrl)
    if (url === undefined) throw fault('foreign-link')
    if (asked.has(url)) throw fault('page-loop')
    asked.add(url)
    const page = await get(url)
    if ('outcome' in page) throw stopWith(page)
    onPage(page)
    return page.bundle
  }
  return library
}

/**
 * A link of an answer goes nowhere but to the endpoint that gave it: our token goes with it.
 *
 * @returns `undefined` for what lies outside the base.
 */
function findOwnUrl(link: unknown, baseUrl: string): string | undefined {
  const base = new URL(baseUrl)
  const url =
    typeof link === 'string' && URL.canParse(link, `${baseUrl}/`) ? new URL(link, `${baseUrl}/`) : base
  if (url === base || url.origin !== base.origin || url.username + url.password + url.hash !== '')
    return undefined
  return url.pathname === base.pathname || url.pathname.startsWith(`${base.pathname.replace(/\/$/, '')}/`)
    ? url.href
    : undefined
}
