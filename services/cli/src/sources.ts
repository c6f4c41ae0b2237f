import { readCatalogue } from '@chesil/service-kit'
import type { Surroundings } from './program.ts'

type Source = ReturnType<typeof readCatalogue>['sources'][number]

/** @throws Error naming every place in the catalogue that is wrong. */
export function checkSources(file: string, { print, complain }: Surroundings): void {
  const { sources, readingOrganisations } = readCatalogue(file)
  const live = sources.filter(({ releaseStage }) => releaseStage === 'live')
  for (const warning of live.flatMap(doubtsAbout)) complain(`warning: ${warning}`)
  print(
    `${sources.length} sources, ${live.length} of them live; ${readingOrganisations.length} reading organisations`
  )
}

/** What is allowed, and seldom meant. */
function doubtsAbout(source: Source): readonly string[] {
  if (source.kind !== 'hl7v2' && source.kind !== 'itk3' && source.kind !== 'fhir-r4') return []
  const { id, refuse } = source
  return [
    ...(refuse?.locations === undefined
      ? [
          `${id} names no refuse.locations: fertility and gender identity clinics have no treatment function, so nothing but words in names keeps them out`
        ]
      : []),
    ...(source.kind === 'hl7v2' && source.peers === undefined
      ? [`${id} names no peers: whoever may connect over MLLP may speak for it`]
      : [])
  ]
}
