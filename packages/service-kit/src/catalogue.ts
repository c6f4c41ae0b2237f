import { SourceCatalogue } from '@chesil/contracts'
import { loadJsonFile } from './config.ts'

/**
 * Reads the source catalogue and checks it as a whole.
 *
 * @throws Error naming the file and everything that is wrong with it.
 */
export function readCatalogue(path: string): SourceCatalogue {
  const catalogue = loadJsonFile(SourceCatalogue, path)
  const wrong = [
    ...repeated(catalogue.sources.map(({ id }) => id)).map((id) => `two sources have the id ${id}`),
    ...repeated(live(catalogue).map(({ odsCode }) => odsCode)).map(
      (code) => `two live sources have the ODS code ${code}`
    ),
    ...repeated(catalogue.readingOrganisations.map(({ odsCode }) => odsCode)).map(
      (code) => `two reading organisations have the ODS code ${code}`
    ),
    ...catalogue.sources
      .filter(({ retention, agreement }) => retention === 'store' && agreement === undefined)
      .map(({ id }) => `${id}: retention "store" needs a recorded agreement`)
  ]
  if (wrong.length > 0) throw new Error(`${path} is not valid:\n  ${wrong.join('\n  ')}`)
  return catalogue
}

const live = ({ sources }: SourceCatalogue) => sources.filter(({ releaseStage }) => releaseStage === 'live')

function repeated(values: readonly string[]): readonly string[] {
  return [...new Set(values.filter((value, at) => values.indexOf(value) !== at))]
}
