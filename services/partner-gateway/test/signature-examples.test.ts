import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { generateKey, parseVerifyingKey, verifyWebhook } from '@chesil/webhook-signatures'
import { afterAll, expect, test } from 'vitest'

const document = readFileSync(path.join(import.meta.dirname, '../../../docs/partners.md'), 'utf8')
const exampleIn = (language: string): string =>
  new RegExp(`\`\`\`${language}\n([^]*?)\`\`\``).exec(document)?.[1] ?? ''

/** Language → the file it is kept in, and what runs it. */
const languages: readonly (readonly [string, string, string, ...string[]])[] = [
  ['js', 'sign.mjs', process.execPath, 'sign.mjs'],
  ['python', 'sign.py', 'python3', 'sign.py'],
  ['go', 'sign.go', 'go', 'run', 'sign.go'],
  ['sh', 'sign.sh', 'sh', 'sign.sh']
]

const folder = mkdtempSync(path.join(tmpdir(), 'chesil-signature-examples-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

function isThere(command: string): boolean {
  try {
    execFileSync('sh', ['-c', `command -v ${command}`], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

const here = languages.filter(([, , command]) => isThere(command))
const absent = languages.filter((language) => !here.includes(language))

test.skipIf(absent.length > 0)(
  `every language of the examples is on this machine${absent.map(([name]) => `; not: ${name}`).join('')}`,
  () => expect(here).toHaveLength(languages.length)
)

test.each(here)(
  'the example in %s signs what the gateway verifies',
  (language, file, command, ...args) => {
    const key = generateKey('v1').signing
    const body = Buffer.from('{"resourceType":"Observation","code":{"text":"é"}}')
    const now = Date.now()
    const headers = { 'webhook-id': 'evt-1', 'webhook-timestamp': String(Math.floor(now / 1000)) }
    writeFileSync(path.join(folder, 'body.json'), body)
    writeFileSync(path.join(folder, file), exampleIn(language))
    const signature = execFileSync(command, args, {
      cwd: folder,
      env: {
        ...process.env,
        GOFLAGS: '-mod=mod',
        GOCACHE: path.join(folder, 'go-cache'),
        WEBHOOK_KEY: key,
        WEBHOOK_ID: headers['webhook-id'],
        WEBHOOK_TIMESTAMP: headers['webhook-timestamp']
      },
      encoding: 'utf8'
    }).trim()
    const message = { headers: { ...headers, 'webhook-signature': signature }, body }
    expect(verifyWebhook({ ...message, keys: [parseVerifyingKey(key)], now }).outcome).toBe('verified')
  },
  120_000
)
