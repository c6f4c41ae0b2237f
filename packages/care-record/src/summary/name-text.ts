import type { HumanName } from '@chesil/fhir'

/** `SMITH, Anna (Mrs)`, as a patient banner has it; `undefined` without any name. */
export function nameText(names: readonly HumanName[] | undefined): string | undefined {
  const name =
    names?.find(({ use }) => use === 'usual') ?? names?.find(({ use }) => use === 'official') ?? names?.[0]
  if (!name) return undefined
  const family = name.family?.toUpperCase()
  const given = name.given?.join(' ')
  const full = [family, given].filter((part) => part).join(', ') || name.text
  const prefix = name.prefix?.join(' ')
  return full && (prefix ? `${full} (${prefix})` : full)
}
