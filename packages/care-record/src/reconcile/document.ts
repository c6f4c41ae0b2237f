import { chesil, type DocumentReference } from '@chesil/fhir'
import { intersects } from './concept.ts'
import { identifierKeys } from './identity.ts'
import type { Kind, Lookup } from './kind.ts'

interface Facts {
  readonly identifiers: ReadonlySet<string>
  readonly contents: ReadonlySet<string>
  readonly status: DocumentReference['status']
}

/** The document's number, or every byte of a file. */
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
      : intersects(a.contents, b.contents)
        ? 'same'
        : 'different',
  rank: ({ status }) => [status === 'current' ? 0 : 1],
  aspects: ({ status }) => [{ kind: 'status', value: status, words: status }]
}

function contentsOf({ content }: DocumentReference, lookup: Lookup): ReadonlySet<string> {
  return new Set(
    (content ?? []).flatMap(({ attachment }) => {
      const file = lookup.find({ ...(attachment.url !== undefined && { reference: attachment.url }) })
      const kept = file?.meta?.tag?.find(({ system }) => system === chesil.contentHash)?.code
      return [...(attachment.hash ? [`sha1 ${attachment.hash}`] : []), ...(kept ? [`sha256 ${kept}`] : [])]
    })
  )
}
