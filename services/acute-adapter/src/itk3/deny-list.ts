import type { Itk3Sender } from '@chesil/contracts'
import type { Itk3Traits } from '@chesil/mappers'
import defaults from '../intake/default-treatment-functions.json' with { type: 'json' }

/** Whether a message is of a kind that its source does not share, see `refuse` in the catalogue. */
export function isDenied({ refuse }: Itk3Sender, traits: Itk3Traits): boolean {
  return (
    meets(traits.treatmentFunctions, refuse?.treatmentFunctions ?? Object.keys(defaults.codes)) ||
    meets(traits.locations, refuse?.locations) ||
    meets(traits.documentTypes, refuse?.documentTypes)
  )
}

function meets(values: readonly string[], denied: readonly string[] = []): boolean {
  const folded = new Set(denied.map(fold))
  return values.some((value) => folded.has(fold(value)))
}

const fold = (value: string): string => value.trim().toLowerCase()
