import { chesil, type DocumentReference } from '@chesil/fhir'
import { intersects } from './concept.ts'
import { identifierKeys } from './identity.ts'
import type { Kind, Lookup } from './kind.ts'

interface Facts {
  readonly identifiers: ReadonlySet<string>
  readonly contents: ReadonlySet<string>
  readonly status: DocumentReference['status']
}

/** The document's number, or every byte of all its files. */
export const documents: Kind<DocumentReference, Facts> = {
  types: ['DocumentReference'],
  joinsWithinSource: false,
  read: (document, lookup) =>
    document.status === 'entered-in-error'
      ? undefined
      : {
          identifiers: identifierKeys([
            ...(document.masterIdentifier ? [document.masterIdentifier] : []),
            ...(document.identifier ?? [])
          ]),
          contents: contentsOf(document, lookup),
          status: document.status
        },
  blocks: ({ identifiers, contents }) => [...identifiers, ...contents],
  vagueness: () => 0,
  judge: (a, b) =>
    intersects(a.identifiers, b.identifiers)
      ? 'alike'
      : isSameContent(a.contents, b.contents)
        ? 'same'
        : 'different',
  rank: ({ status }) => [status === 'current' ? 0 : 1],
  aspects: ({ status }) => [{ kind: 'status', value: status, words: status }]
}

/** Two letters may share a leaflet; and that neither holds anything says nothing. */
const isSameContent = (a: ReadonlySet<string>, b: ReadonlySet<string>): boolean =>
  a.size > 0 && a.size === b.size && a.isSubsetOf(b)

/** SHA-1 and SHA-256 of no bytes. */
const empty: ReadonlySet<string> = new Set([
  'sha1 2jmj7l5rSw0yVb/vlWAYkK/YBwk=',
  'sha256 47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU',
  'sha256 47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='
])

function contentsOf({ content }: DocumentReference, lookup: Lookup): ReadonlySet<string> {
  const told = (content ?? []).flatMap(({ attachment }) => {
    const file = lookup.find({ ...(attachment.url !== undefined && { reference: attachment.url }) })
    const kept = file?.meta?.tag?.find(({ system }) => system === chesil.contentHash)?.code
    return kept ? [`sha256 ${kept}`] : attachment.hash ? [`sha1 ${attachment.hash}`] : []
  })
  return new Set(told.filter((hash) => !empty.has(hash)))
}
