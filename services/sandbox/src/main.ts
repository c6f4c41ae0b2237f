import { parseArgs } from 'node:util'
import { closeOnExit } from '@chesil/service-kit'
import { buildApp } from './app.ts'
import { readConfig } from './config.ts'
import { createDeps } from './deps.ts'

const { values: options } = parseArgs({ options: { 'gp-records': { type: 'string' } } })
const folder = options['gp-records']
const config = readConfig({ ...process.env, ...(folder !== undefined && { GP_RECORDS: folder }) })
let publicUrl = config.PUBLIC_URL ?? ''
const deps = await createDeps(config, () => publicUrl)
const app = buildApp(deps)

closeOnExit(deps.log, [app])
const url = await app.listen({ host: config.HOST, port: config.PORT })
publicUrl ||= url
deps.log.info({ url: publicUrl }, 'listening')
