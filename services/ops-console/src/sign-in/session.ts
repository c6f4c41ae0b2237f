import { hkdfSync } from 'node:crypto'
import secureSession from '@fastify/secure-session'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Attempt } from './oidc.ts'

/** Who has signed in and may be here. */
export interface Operator {
  readonly id: string
  readonly name: string
  /** ms since 1970: when they have to sign in anew. */
  readonly until: number
}

export interface Notice {
  readonly kind: 'done' | 'refused'
  readonly text: string
}

declare module '@fastify/secure-session' {
  interface SessionData {
    operator: Operator
    attempt: Attempt
    notice: Notice
  }
}

declare module 'fastify' {
  interface FastifyContextConfig {
    /** `anybody`: whoever comes. `operators`: those who have signed in and have the role. */
    readonly for?: 'anybody' | 'operators'
  }
}

export interface SessionOptions {
  readonly secret: string
  readonly isSecure: boolean
  readonly minutes: number
  /** ms since 1970 */
  readonly now: () => number
}

/**
 * Sessions are cookies that only the console can read. A route that does not say whom it is for stops the service at
 * start; whoever has not signed in is sent to do so.
 */
export async function guardOperators(app: FastifyInstance, options: SessionOptions): Promise<void> {
  const { secret, isSecure, minutes, now } = options
  await app.register(secureSession, {
    key: Buffer.from(hkdfSync('sha256', secret, '', 'chesil console session', 32)),
    // Only a cookie of this very host may have that name.
    cookieName: isSecure ? '__Host-chesil-console' : 'chesil-console',
    expiry: minutes * 60,
    cookie: { path: '/', httpOnly: true, sameSite: 'lax', secure: isSecure }
  })
  app.addHook('onRoute', ({ method, url, config }) => {
    if (!config?.for) throw new Error(`${method} ${url} does not say whom it is for`)
  })
  app.addHook('preValidation', async (request, reply) => {
    if (request.routeOptions.config.for === 'anybody') return
    const operator = request.session.get('operator')
    if (operator && operator.until > now()) return
    request.session.delete()
    return request.method === 'GET'
      ? reply.redirect('/sign-in', 303)
      : reply.code(401).type('text/plain').send('Sign in first')
  })
}

/** @throws Error on a route that is for anybody. */
export function operatorOf(request: FastifyRequest): Operator {
  const operator = request.session.get('operator')
  if (!operator) throw new Error('This route is for anybody')
  return operator
}

/** As what is written down has it. */
export const nameOf = (request: FastifyRequest): string => {
  const { id, name } = operatorOf(request)
  return `${name} (${id})`.slice(0, 200)
}
