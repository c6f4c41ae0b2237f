import { contentOf } from '../fingerprint.ts'
import type { Entry } from '../stu3/entries.ts'

/**
 * Where the source keeps what it sends, as `https://gp.example/STU3/1`. A source may write absolute URLs, and
 * the id of a Patient on another server is not the id of this one.
 *
 * The URL of the Patient's entry says it, or those of the others where they agree; else the references that
 * lead to what is in the answer, where those agree. References to Patients do not count: an item of another
 * server would vouch for itself.
 *
 * @returns `undefined` where nothing shows it, or where there is more than one.
 */
export function findOwnBase(entries: readonly Entry[], patient: Entry): string | undefined {
  const ofPatient = basesOf([patient])
  const ofEntries = ofPatient.size > 0 ? ofPatient : basesOf(entries)
  const [base, ...others] = ofEntries.size > 0 ? ofEntries : basesReferredTo(entries)
  return others.length === 0 ? base : undefined
}

const absolute = /^(https?:\/\/.+)\/([A-Z][A-Za-z]+\/[^/]+)(?:\/_history\/[^/]*)?$/

function basesOf(entries: readonly Entry[]): Set<string> {
  const bases = new Set<string>()
  for (const { fullUrl, type, id } of entries) {
    const [, base, name] = absolute.exec(fullUrl ?? '') ?? []
    if (base !== undefined && name === `${type}/${id}`) bases.add(base)
  }
  return bases
}

function basesReferredTo(entries: readonly Entry[]): Set<string> {
  const there = new Set(
    entries.filter(({ type }) => type !== 'Patient').map(({ type, id }) => `${type}/${id}`)
  )
  const bases = new Set<string>()
  for (const { source } of entries) {
    for (const [, reference] of contentOf(source).matchAll(/"reference":"(https?:[^"]*)"/g)) {
      const [, base, name] = absolute.exec(reference ?? '') ?? []
      if (base !== undefined && there.has(name ?? '')) bases.add(base)
    }
  }
  return bases
}
