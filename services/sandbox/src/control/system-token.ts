import type { Tokens } from '../issuer/tokens.ts'

const tokenSeconds = 300

/** @returns the token that a system of an organisation brings with what it sends. */
export const systemToken = (odsCode: string, audience: string, tokens: Tokens): Promise<string> =>
  tokens.issuer().issue(
    {
      sub: `system-${odsCode}`,
      client_id: `system-${odsCode}`,
      organisation: odsCode,
      scope: 'system/MessageHeader.c'
    },
    { audience, expiresInSeconds: tokenSeconds }
  )
