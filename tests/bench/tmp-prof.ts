import { openStack, resourcesOf } from '../support/open-stack.ts'
import { spawnService } from '../support/services.ts'
import { startBare } from './bare.ts'
import { compare } from './compare.ts'
import { openBenchServers } from './servers.ts'

const servers = await openBenchServers()
const stack = await openStack(servers, {
  env: { sandbox: { SANDBOX_PEOPLE: '1', RECORD_SIZES: process.env['SIZE'] ?? '100' }, 'gp-adapter': { LEASE_MS: '60000' } },
  catalogue: (catalogue) => ({ ...catalogue, sources: catalogue.sources.map((source) => ({ ...source, retention: 'store', agreement: 'bench' })) }) as never
})
const flags = process.env['PROF'] ? { NODE_OPTIONS: '--cpu-prof --cpu-prof-dir=/tmp/prof' } : {}
const api = await spawnService('record-api', { ...stack.settings['record-api'], ...(process.env['COLD'] ? { VIEW_CACHE_BYTES: '0' } : {}), ...flags })
const [person] = (await stack.people()).filter(({ kind }) => kind === 'ordinary')
const id = (await stack.findPerson(person!.nhsNumber)) as string
await stack.settle(id)
const { body } = await stack.ask(`Patient/${id}/$everything`)
const code = (resourcesOf(body as never, 'Observation') as any[])[0].code.coding[0].code
const bare = await startBare(stack)
const base = `${api.url}/fhir/R4`
const what = process.env['WHAT'] ?? 'search'
const path = what === 'search' ? `Observation?patient=${id}&code=${code}&_sort=-date&_count=20` : `Patient/${id}/${what}`
const headers = { authorization: `Bearer ${stack.token}`, ...(process.env['GZ'] ? { 'accept-encoding': 'gzip' } : {}) }
await bare.remember('x', `${base}/${path}`, headers)
const targets = {
  chesil: { url: `${base}/${path}`, headers },
  ...(process.env['COLD'] ? { rows: { url: `${bare.url}/audited/rows/${id}` } } : {}),
  memory: { url: `${bare.url}/audited/memory/${id}/x` }
}
for (const connections of [1, 16]) console.log(what, connections, JSON.stringify(await compare(targets as never, { connections, seconds: Number(process.env['SECONDS'] ?? 2), rounds: 3 })))
await bare.stop()
await api.stop()
await stack.stop()
await servers.stop()
