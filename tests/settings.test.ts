import { existsSync, globSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, test } from 'vitest'

const root = path.join(import.meta.dirname, '..')
const read = (file: string) => readFileSync(path.join(root, file), 'utf8')

const services = globSync('services/*', { cwd: root }).sort()
const configured = services.filter((folder) => existsSync(path.join(root, folder, 'src/config.ts')))
const unconfigured = services.filter((folder) => !configured.includes(folder))

/** As a Config schema is written down in JSON. */
interface Schema {
  readonly properties: Readonly<Record<string, { readonly default?: unknown }>>
  readonly required?: readonly string[]
}

/** Name → what the second column of the Settings table says of it. */
function tableOf(folder: string): ReadonlyMap<string, string> {
  const section = /^## Settings\n(.*?)(?=^## |$(?![\s\S]))/ms.exec(read(`${folder}/README.md`))?.[1] ?? ''
  const rows = section.matchAll(/^\| `(\w+)` \| (.*?) \|/gm)
  return new Map([...rows].map(([, name = '', second = '']) => [name, second]))
}

/** The same, as the schema has it: `needed`, the default, or a dash for what may be left out. */
async function configOf(folder: string): Promise<ReadonlyMap<string, string>> {
  const { Config } = (await import(path.join(root, folder, 'src/config.ts'))) as { Config: Schema }
  const { properties, required = [] } = Config
  return new Map(
    Object.entries(properties).map(([name, { default: value }]) => {
      if (value !== undefined && value !== '') return [name, `\`${String(value)}\``]
      return [name, value === undefined && required.includes(name) ? 'needed' : '–']
    })
  )
}

/** Each setting of which one does not say what the other says. */
function differences(readme: ReadonlyMap<string, string>, code: ReadonlyMap<string, string>): string[] {
  return [...new Set([...readme.keys(), ...code.keys()])].flatMap((name) => {
    const [said, is] = [readme.get(name), code.get(name)]
    if (said === is) return []
    if (said === undefined) return `${name} is missing in the README: ${is}`
    if (is === undefined) return `${name} is in the README, and is no setting`
    return `${name}: the README says ${said}, the code ${is}`
  })
}

describe('the Settings in the README are those of the code:', () => {
  test.each(configured)('%s', async (folder) => {
    expect(differences(tableOf(folder), await configOf(folder))).toEqual([])
  })

  test.each(unconfigured)('%s, which reads the environment where it needs it', (folder) => {
    const text = globSync(`${folder}/src/**/*.ts`, { cwd: root }).map(read).join('\n')
    const names = [...text.matchAll(/(?:\benv\[|\bsetting\(env, )'([A-Z_]+)'/g)].map(([, name]) => name)
    expect([...tableOf(folder).keys()].sort()).toEqual([...new Set(names)].sort())
  })
})

test('every setting of a README is explained', () => {
  const silent = services.flatMap((folder) =>
    [...read(`${folder}/README.md`).matchAll(/^\| `([A-Z_]+)` \| .* \| *\|$/gm)].map(
      ([, name]) => `${folder}: ${name}`
    )
  )
  expect(silent).toEqual([])
})
