import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto'

const algorithm = 'aes-256-gcm'
const nonceBytes = 12
const tagBytes = 16
/** First of a sealed text: which way it was sealed. */
const format = 1
const shortestSecret = 32

/** Keeps secrets of others in the database so that whoever reads the database alone has none of them. */
export interface Sealing {
  /** @param name What the text belongs to, such as the id of its row: it opens under no other name. */
  readonly seal: (text: string, name: string) => Buffer
  /** @throws Error when it was sealed under another secret or name, or altered since. */
  readonly open: (sealed: Uint8Array, name: string) => string
}

/** @param secret At least 32 characters. @throws Error for a shorter one. */
export function createSealing(secret: string): Sealing {
  if (secret.length < shortestSecret)
    throw new Error(
      `The secret that partners’ keys are sealed with needs ${shortestSecret} characters or more`
    )
  const key = Buffer.from(hkdfSync('sha256', secret, '', 'chesil sealing', 32))
  return {
    seal(text, name) {
      const nonce = randomBytes(nonceBytes)
      const cipher = createCipheriv(algorithm, key, nonce).setAAD(Buffer.from(name))
      const content = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()])
      return Buffer.concat([Buffer.of(format), nonce, cipher.getAuthTag(), content])
    },
    open(sealed, name) {
      const bytes = Buffer.from(sealed)
      const nonce = bytes.subarray(1, 1 + nonceBytes)
      const tag = bytes.subarray(1 + nonceBytes, 1 + nonceBytes + tagBytes)
      if (bytes[0] !== format || tag.length !== tagBytes) throw new Error('This was not sealed here')
      try {
        const decipher = createDecipheriv(algorithm, key, nonce, { authTagLength: tagBytes })
        decipher.setAAD(Buffer.from(name)).setAuthTag(tag)
        const content = bytes.subarray(1 + nonceBytes + tagBytes)
        return Buffer.concat([decipher.update(content), decipher.final()]).toString('utf8')
      } catch {
        throw new Error('Sealed with another secret, or altered since')
      }
    }
  }
}
