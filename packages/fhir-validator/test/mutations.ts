/** A path of property names and positions. */
export type Path = readonly (string | number)[]

/** Every place in a JSON value below its root. */
export function pathsIn(value: unknown, path: Path = []): Path[] {
  if (typeof value !== 'object' || value === null) return []
  const steps = Array.isArray(value) ? [...value.keys()] : Object.keys(value)
  return steps.flatMap((step) => [[...path, step], ...pathsIn(at(value, [step]), [...path, step])])
}

export const at = (value: unknown, path: Path): unknown =>
  path.reduce((inner, step) => (inner as Readonly<Record<string | number, unknown>>)[step], value)

/** A copy with something else in one place; `undefined` takes the place away. */
export function changed<T>(value: T, path: Path, replacement: unknown): T {
  const copy = structuredClone(value)
  const parent = at(copy, path.slice(0, -1)) as Record<string | number, unknown>
  const last = path.at(-1) as string | number
  if (replacement !== undefined) parent[last] = replacement
  else if (Array.isArray(parent)) parent.splice(Number(last), 1)
  else delete parent[last]
  return copy
}

/** What a bug or an attacker might put anywhere. */
export const oddities: readonly unknown[] = [
  undefined,
  null,
  '',
  ' ',
  'x',
  'x\ty',
  'a\u0001b',
  '#',
  '2026-02-30',
  '2026-02-03T10:00:00',
  'Patient/1',
  '<script>',
  0,
  -1,
  1.5,
  2 ** 31,
  Number.POSITIVE_INFINITY,
  true,
  [],
  {},
  [null],
  [{}],
  ['x'],
  { id: 'x' },
  { extension: [] },
  { extension: [{ url: 'https://example.org/x' }] },
  { resourceType: 'Patient' },
  { reference: 'Patient/1' },
  { value: 1, code: 'g' }
]

/** Properties that an object may be given in addition. */
const additions: readonly Readonly<Record<string, unknown>>[] = [
  { unknown: 'x' },
  { id: 'x y' },
  { extension: [{ url: 'https://example.org/x', valueString: 'x' }] },
  { extension: [{ url: 'https://example.org/x', valueString: 'x', extension: [] }] },
  { modifierExtension: [{ url: 'https://example.org/x', valueCode: 'x' }] },
  { valueString: 'x' },
  { _status: { extension: [{ url: 'https://example.org/x', valueString: 'x' }] } },
  { contained: [{ resourceType: 'Basic', id: 'x', code: { text: 'x' } }] },
  { resourceType: 'Observation' },
  { dataAbsentReason: { text: 'unknown' } },
  { display: 'x', text: 'x' }
]

/**
 * The value with each oddity in each of its places, each array wrapped, unwrapped and doubled, and each
 * object with each addition.
 *
 * @param options.every 1 for all of these, n for every nth.
 */
export function* mutationsOf<T>(
  value: T,
  { every = 1 } = {}
): Generator<{ readonly path: Path; readonly mutant: T }> {
  for (const addition of additions) yield { path: [], mutant: { ...value, ...addition } }
  let count = 0
  for (const path of pathsIn(value)) {
    for (const replacement of replacementsOf(at(value, path))) {
      count += 1
      if (count % every === 0) yield { path, mutant: changed(value, path, replacement) }
    }
  }
}

function replacementsOf(here: unknown): unknown[] {
  if (Array.isArray(here)) return [...oddities, [here], here[0], [...here, ...here]]
  const enriched = typeof here === 'object' ? additions.map((addition) => ({ ...here, ...addition })) : []
  return [...oddities, [here], ...enriched]
}
