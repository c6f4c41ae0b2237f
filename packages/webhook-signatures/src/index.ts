export {
  fingerprintOf,
  generateKey,
  type PrivateKey,
  type PublicKey,
  parseSigningKey,
  parseVerifyingKey,
  type SharedKey,
  type SigningKey,
  type VerifyingKey
} from './keys.ts'
export {
  isWebhookId,
  signWebhook,
  type WebhookHeaders,
  type WebhookToSign,
  webhookIdPattern
} from './sign.ts'
export {
  type SignatureRefusal,
  type Verification,
  verifyWebhook,
  type WebhookToVerify
} from './verify.ts'
