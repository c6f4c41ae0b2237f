import { createHash, randomBytes } from 'node:crypto'
import type { FastifyInstance } from 'fastify'
import Type, { type Static } from 'typebox'
import Value from 'typebox/value'
import type { Tokens } from './tokens.ts'

/** Made-up staff of the care system, who may sign in to its console or may not. */
const staff = [
  { id: '555000000001', name: 'Ellis Ward', about: 'looks after partners', roles: ['chesil-operator'] },
  { id: '555000000002', name: 'Sam Quay', about: 'has no role here', roles: [] }
] as const

/** As OpenID Connect has it, with PKCE. */
const AuthorizationQuery = Type.Object({
  response_type: Type.Literal('code'),
  client_id: Type.String({ minLength: 1, maxLength: 200 }),
  redirect_uri: Type.String({ pattern: '^http://(127\\.0\\.0\\.1|localhost)(:\\d+)?/' }),
  scope: Type.String({ pattern: '(^| )openid( |$)' }),
  state: Type.String({ minLength: 1, maxLength: 500 }),
  nonce: Type.Optional(Type.String({ maxLength: 500 })),
  code_challenge: Type.String({ minLength: 43, maxLength: 128 }),
  code_challenge_method: Type.Literal('S256')
})
type AuthorizationQuery = Static<typeof AuthorizationQuery>

export const CodeForm = Type.Object({
  grant_type: Type.Literal('authorization_code'),
  code: Type.String({ minLength: 1 }),
  redirect_uri: Type.String(),
  code_verifier: Type.String({ minLength: 43, maxLength: 128 }),
  client_id: Type.String()
})

interface Granted extends AuthorizationQuery {
  readonly person: (typeof staff)[number]
  readonly until: number
}

const codeLifetimeMs = 60_000
const tokenLifetimeSeconds = 300

export function createStaffSignIn(tokens: Tokens) {
  const granted = new Map<string, Granted>()
  return {
    /** @returns a code that can be redeemed once, within a minute. */
    grant(query: AuthorizationQuery, person: (typeof staff)[number]): string {
      const code = randomBytes(24).toString('base64url')
      granted.set(code, { ...query, person, until: Date.now() + codeLifetimeMs })
      return code
    },

    /** @returns `undefined` where the code is not whoever asks's, or its verifier is another. */
    async redeem(form: Static<typeof CodeForm>) {
      const found = granted.get(form.code)
      granted.delete(form.code)
      const challenge = createHash('sha256').update(form.code_verifier).digest('base64url')
      if (!found || found.until < Date.now() || found.code_challenge !== challenge) return undefined
      if (found.client_id !== form.client_id || found.redirect_uri !== form.redirect_uri) return undefined
      const { person, nonce } = found
      const claims = {
        sub: person.id,
        name: person.name,
        chesil_roles: [...person.roles],
        ...(nonce && { nonce })
      }
      const lifetime = { audience: form.client_id, expiresInSeconds: tokenLifetimeSeconds }
      const token = await tokens.issuer().issue(claims, lifetime)
      return { access_token: token, id_token: token, token_type: 'Bearer', expires_in: tokenLifetimeSeconds }
    }
  }
}

/** A page to choose whom to be: there are no passwords here. */
export function staffSignInRoutes(app: FastifyInstance, signIn: ReturnType<typeof createStaffSignIn>): void {
  app.get('/authorize', async ({ query }, reply) => {
    if (!Value.Check(AuthorizationQuery, query)) return reply.code(400).send({ error: 'invalid_request' })
    const links = staff.map(({ id, name, about }) => {
      const chosen = new URLSearchParams({ ...query, person: id })
      return `<li><a href="choose?${attribute(String(chosen))}">${name}</a>, who ${about}</li>`
    })
    return reply
      .type('text/html; charset=utf-8')
      .header('content-security-policy', "default-src 'none'")
      .send(
        `<!doctype html><html lang="en"><title>Sign in – sandbox</title><main><h1>Who are you?</h1><ul>${links.join('')}</ul></main></html>`
      )
  })

  app.get('/choose', async ({ query }, reply) => {
    const person = staff.find(({ id }) => id === (query as { person?: string }).person)
    if (!person || !Value.Check(AuthorizationQuery, query))
      return reply.code(400).send({ error: 'invalid_request' })
    const url = new URL(query.redirect_uri)
    url.searchParams.set('code', signIn.grant(query, person))
    url.searchParams.set('state', query.state)
    return reply.redirect(url.href, 302)
  })

  app.get('/end-session', async ({ query }, reply) => {
    const { post_logout_redirect_uri: to } = query as { post_logout_redirect_uri?: string }
    if (to === undefined || !/^http:\/\/(127\.0\.0\.1|localhost)(:\d+)?\//.test(to)) return 'Signed out'
    return reply.redirect(to, 302)
  })
}

const attribute = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('"', '&quot;')
