import type { Bundle, Observation } from '@chesil/fhir'
import { type OpenStack, openStack, resourcesOf, type StackServers } from '../support/open-stack.ts'
import { spawnService } from '../support/services.ts'
import { type Bare, startBare } from './bare.ts'
import { compare, type Target, type Turns } from './compare.ts'
import type { Rate } from './load.ts'

export interface ReadsBench extends Omit<Turns, 'connections'> {
  /** Entries of the records that are read. */
  readonly sizes: readonly number[]
  /** Of these sizes, the one that is also read by somebody who may see only a part. */
  readonly filteredSize: number
  readonly connections: readonly number[]
}

/** One line of a result: what was asked, and what each who answered it reached. */
export interface ReadRow<Answerer extends string> {
  readonly what: string
  readonly bytes: number
  readonly connections: number
  readonly rates: Readonly<Record<Answerer, Rate>>
}

/**
 * - `chesil`: as it is shipped, views of people read lately in memory
 * - `memory-audited`: a bare server with the same bytes in memory and the same durable audit row
 * - `memory`: the same without audit
 */
export type WarmAnswerer = 'chesil' | 'memory-audited' | 'memory'
/**
 * - `chesil-cold`: without that memory, every answer from PostgreSQL
 * - `rows-audited`: a bare server with the same text from the same PostgreSQL, and the audit row
 * - `rows`: the same without audit
 */
export type ColdAnswerer = 'chesil-cold' | 'rows-audited' | 'rows'
/** `query-audited`, `query`: a bare server that asks for the twenty with one query, by an index made for it. */
export type SearchAnswerer = 'chesil' | 'query-audited' | 'query'

export interface ReadsResult {
  readonly warm: readonly ReadRow<WarmAnswerer>[]
  readonly cold: readonly ReadRow<ColdAnswerer>[]
  readonly search: readonly ReadRow<SearchAnswerer>[]
}

export async function benchReads(servers: StackServers, bench: ReadsBench): Promise<ReadsResult> {
  const { sizes } = bench
  const stack = await openStack(servers, {
    env: {
      sandbox: { SANDBOX_PEOPLE: String(sizes.length), RECORD_SIZES: sizes.join(',') },
      'gp-adapter': { LEASE_MS: '60000' }
    },
    // What a session source says is read anew for each request: a thing of its own, and not what is compared here.
    catalogue: (catalogue) => ({
      ...catalogue,
      sources: catalogue.sources.map((source) => ({ ...source, retention: 'store', agreement: 'bench' }))
    })
  })
  const cold = await spawnService('record-api', { ...stack.settings['record-api'], VIEW_CACHE_BYTES: '0' })
  const people = await meet(stack)
  const bare = await startBare(stack)
  const context = { stack, bare, people, coldUrl: `${cold.url}/fhir/R4` }
  try {
    return {
      warm: await benchWarm(context, bench),
      cold: await benchCold(context, bench),
      search: await benchSearch(context, bench)
    }
  } finally {
    await bare.stop()
    await cold.stop()
    await stack.stop()
  }
}

interface Context {
  readonly stack: OpenStack
  readonly bare: Bare
  readonly people: readonly Met[]
  /** The FHIR base of the record-api without memory. */
  readonly coldUrl: string
}

async function benchWarm({ stack, bare, people }: Context, bench: ReadsBench) {
  const rows: ReadRow<WarmAnswerer>[] = []
  const clinician = stack.token
  const socialWorker = await stack.issueToken({ role: 'social-care-practitioner' })
  const filtered = people[bench.sizes.indexOf(bench.filteredSize)] as Met
  const answers = [
    ...people.map((person) => ({ person, token: clinician, operation: '$everything', who: '' })),
    { person: filtered, token: socialWorker, operation: '$everything', who: ', filtered' },
    ...people.map((person) => ({ person, token: clinician, operation: '$summary', who: '' }))
  ]
  for (const { person, token, operation, who } of answers) {
    for (const encoding of ['plain', 'gzip'] as const) {
      const chesil = read(stack.recordApi(), person, token, operation, encoding)
      const name = `${person.id}${who}${operation}${encoding}`.replaceAll(/\W/g, '')
      const bytes = await bare.remember(name, chesil.url, chesil.headers ?? {})
      const targets = {
        chesil,
        'memory-audited': { url: `${bare.url}/audited/memory/${person.id}/${name}` },
        memory: { url: `${bare.url}/unaudited/memory/${person.id}/${name}` }
      }
      const what = `${operation} ${person.resources}${who}, ${encoding}`
      for (const connections of bench.connections) {
        rows.push({ what, bytes, connections, rates: await compare(targets, { ...bench, connections }) })
      }
    }
  }
  return rows
}

async function benchCold({ stack, bare, people, coldUrl }: Context, bench: ReadsBench) {
  const rows: ReadRow<ColdAnswerer>[] = []
  for (const person of people) {
    const targets = {
      'chesil-cold': read(coldUrl, person, stack.token, '$everything', 'plain'),
      'rows-audited': { url: `${bare.url}/audited/rows/${person.id}` },
      rows: { url: `${bare.url}/unaudited/rows/${person.id}` }
    }
    for (const connections of bench.connections) {
      const rates = await compare(targets, { ...bench, connections })
      rows.push({ what: String(person.resources), bytes: person.bytes, connections, rates })
    }
  }
  return rows
}

/** The code of which the person has the most observations. */
async function benchSearch({ stack, bare, people }: Context, bench: ReadsBench) {
  await makeObservationTable(stack)
  const rows: ReadRow<SearchAnswerer>[] = []
  for (const person of people) {
    const code = commonest(person.codes)
    const path = `Observation?patient=${person.id}&code=${encodeURIComponent(code)}&_sort=-date&_count=20`
    const { text } = await stack.ask(path)
    const named = `${person.id}/${encodeURIComponent(code)}`
    const targets = {
      chesil: { url: `${stack.recordApi()}/${path}`, headers: { authorization: `Bearer ${stack.token}` } },
      'query-audited': { url: `${bare.url}/audited/search/${named}` },
      query: { url: `${bare.url}/unaudited/search/${named}` }
    }
    for (const connections of bench.connections) {
      const rates = await compare(targets, { ...bench, connections })
      rows.push({ what: String(person.resources), bytes: Buffer.byteLength(text), connections, rates })
    }
  }
  return rows
}

/** What the bare server searches: a row for each code of an observation, and the one index that the question needs. */
async function makeObservationTable({ database }: OpenStack): Promise<void> {
  await database.query('drop table if exists bench_observation')
  await database.query(
    `create table bench_observation as
     select patient_id, coding->>'code' as code, body::jsonb->>'effectiveDateTime' as date, body
       from view_entry cross join lateral jsonb_array_elements(body::jsonb->'code'->'coding') coding
      where resource_type = 'Observation' and to_version is null and authority = 'system'`
  )
  await database.query('create index on bench_observation (patient_id, code, date desc)')
  await database.query('analyze bench_observation')
}

function read(
  base: string,
  { id }: Met,
  token: string,
  operation: string,
  encoding: 'plain' | 'gzip'
): Target {
  return {
    url: `${base}/Patient/${id}/${operation}`,
    headers: { authorization: `Bearer ${token}`, ...(encoding === 'gzip' && { 'accept-encoding': 'gzip' }) }
  }
}

interface Met {
  readonly id: string
  readonly resources: number
  readonly bytes: number
  /** Of every observation. */
  readonly codes: readonly string[]
}

/** First contact with everybody, until their records are here. */
async function meet(stack: OpenStack): Promise<readonly Met[]> {
  const people = (await stack.people()).filter(({ kind }) => kind === 'ordinary')
  const met: Met[] = []
  for (const { nhsNumber } of people) {
    const id = (await stack.findPerson(nhsNumber)) as string
    await stack.settle(id)
    const { body, text } = await stack.ask<Bundle>(`Patient/${id}/$everything`)
    const codes = resourcesOf<Observation>(body, 'Observation').flatMap(
      ({ code }) => code.coding?.[0]?.code ?? []
    )
    met.push({ id, resources: resourcesOf(body).length, bytes: Buffer.byteLength(text), codes })
  }
  return met.sort((a, b) => a.resources - b.resources)
}

function commonest(codes: readonly string[]): string {
  const counts = new Map<string, number>()
  for (const code of codes) counts.set(code, (counts.get(code) ?? 0) + 1)
  return [...counts].sort(([, a], [, b]) => b - a)[0]?.[0] ?? ''
}
