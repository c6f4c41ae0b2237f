import { readCatalogue } from '@chesil/service-kit'
import type { Surroundings } from './program.ts'

/** @throws Error naming every place in the catalogue that is wrong. */
export function checkSources(file: string, { print }: Surroundings): void {
  const { sources, readingOrganisations } = readCatalogue(file)
  const live = sources.filter(({ releaseStage }) => releaseStage === 'live').length
  print(
    `${sources.length} sources, ${live} of them live; ${readingOrganisations.length} reading organisations`
  )
}
