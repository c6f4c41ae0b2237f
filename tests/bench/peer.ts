import type { Bundle, Observation } from '@chesil/fhir'
import { resourcesOf } from '../support/open-stack.ts'
import { compare, type Turns } from './compare.ts'
import type { Rate } from './load.ts'

export interface Peer {
  /** A FHIR R4 base, without a trailing slash. */
  readonly baseUrl: string
  readonly token: string | undefined
  /** Whose record is read there; absent: the first that `Patient?_count=1` finds. */
  readonly patientId: string | undefined
}

export interface PeerRow {
  readonly what: string
  readonly bytes: number
  readonly connections: number
  readonly rate: Rate
}

/** The same questions, by the same load generator, to another FHIR server. What it does not know is left out. */
export async function benchPeer(
  peer: Peer,
  bench: Omit<Turns, 'connections'> & { readonly connections: readonly number[] }
): Promise<readonly PeerRow[]> {
  const headers = { ...(peer.token && { authorization: `Bearer ${peer.token}` }) }
  const ask = async (path: string) => {
    const response = await fetch(`${peer.baseUrl}/${path}`, { headers })
    return response.ok ? await response.text() : undefined
  }
  const patientId = peer.patientId ?? (await firstPatient(ask))
  const code = await someCode(ask, patientId)
  const questions = {
    $everything: `Patient/${patientId}/$everything`,
    $summary: `Patient/${patientId}/$summary`,
    'last twenty of one code': `Observation?patient=${patientId}&code=${encodeURIComponent(code)}&_sort=-date&_count=20`
  }
  const rows: PeerRow[] = []
  for (const [what, path] of Object.entries(questions)) {
    const text = await ask(path)
    if (text === undefined) continue
    for (const connections of bench.connections) {
      const { peer: rate } = await compare(
        { peer: { url: `${peer.baseUrl}/${path}`, headers } },
        { ...bench, connections }
      )
      rows.push({ what, bytes: Buffer.byteLength(text), connections, rate })
    }
  }
  return rows
}

type Ask = (path: string) => Promise<string | undefined>

async function firstPatient(ask: Ask): Promise<string> {
  const [patient] = resourcesOf(parse(await ask('Patient?_count=1')), 'Patient')
  if (!patient?.id) throw new Error('The peer finds nobody: name one with BENCH_PEER_PATIENT')
  return patient.id
}

async function someCode(ask: Ask, patientId: string): Promise<string> {
  const found = resourcesOf<Observation>(parse(await ask(`Observation?patient=${patientId}&_count=20`)))
  return found[0]?.code?.coding?.[0]?.code ?? 'none'
}

const parse = (text: string | undefined): Bundle =>
  text === undefined ? { resourceType: 'Bundle', type: 'searchset' } : (JSON.parse(text) as Bundle)
