import { openStack } from '../support/open-stack.ts'
import { openBenchServers } from './servers.ts'
import { readView } from '@chesil/record-store'
const servers = await openBenchServers()
const stack = await openStack(servers, {
  env: { sandbox: { SANDBOX_PEOPLE: '1', RECORD_SIZES: '3000' }, 'gp-adapter': { LEASE_MS: '60000' } },
  catalogue: (catalogue) => ({ ...catalogue, sources: catalogue.sources.map((source) => ({ ...source, retention: 'store', agreement: 'bench' })) }) as never
})
const [person] = (await stack.people()).filter(({ kind }) => kind === 'ordinary')
const id = (await stack.findPerson(person!.nhsNumber)) as string
await stack.settle(id)
const db = stack.database
console.log(await db.query('select count(*)::int n, avg(length(body))::int body, avg(length(search_index))::int idx from view_entry where patient_id=$1',[id]))
const t = async (name: string, f: () => Promise<unknown>) => { const v: number[] = []; for (let i=0;i<60;i++){ const a=performance.now(); await f(); v.push(performance.now()-a)} v.sort((a,b)=>a-b); console.log(name, v[30]!.toFixed(1), v[5]!.toFixed(1)) }
const where = `from view_entry where patient_id = $1 and from_version <= $2 and (to_version is null or to_version > $2) and authority = $3 and (expires_at is null or expires_at > now())`
for (let r=0;r<2;r++){
await t('readView', () => readView(db, id, 2, 'system'))
await t('body only, bare order', () => db.query(`select body from view_entry where patient_id = $1 and to_version is null and authority = 'system' order by resource_type, resource_id`,[id]))
await t('body only', () => db.query(`select body ${where}`,[id,2,'system']))
await t('body+index', () => db.query(`select body, search_index ${where}`,[id,2,'system']))
await t('body+type,id', () => db.query(`select resource_type, resource_id, body ${where}`,[id,2,'system']))
await t('body+type,id::text', () => db.query(`select resource_type, resource_id::text, body ${where}`,[id,2,'system']))
await t('all but last_updated', () => db.query(`select resource_type, resource_id, source_id, authority, from_version, search_index, body, expires_at ${where}`,[id,2,'system']))
await t('all', () => db.query(`select resource_type, resource_id, source_id, authority, from_version, last_updated, search_index, body, expires_at ${where}`,[id,2,'system']))
await t('agg', () => db.query(`select string_agg(body, E'\\n') ${where}`,[id,2,'system']))
await t('agg2', () => db.query(`select string_agg(body, E'\\n') as b, string_agg(search_index, E'\\n') as i, string_agg(resource_type||' '||resource_id||' '||source_id||' '||from_version||' '||extract(epoch from last_updated), E'\\n') as m ${where}`,[id,2,'system']))
console.log(await db.query(`explain (analyze, buffers) select resource_type, resource_id, source_id, authority, from_version, last_updated, search_index, body, expires_at ${where}`.replace('$1',`'${id}'`).replaceAll('$2','2').replace('$3',`'system'`),[]))
}
await stack.stop(); await servers.stop()
