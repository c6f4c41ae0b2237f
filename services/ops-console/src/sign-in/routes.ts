import type { FastifyInstance } from 'fastify'
import type { Render } from '../render.ts'
import type { Oidc } from './oidc.ts'

export interface SignInDeps {
  readonly oidc: Oidc
  readonly render: Render
  readonly role: string
  readonly sessionMinutes: number
  /** ms since 1970 */
  readonly now: () => number
}

export function signInRoutes(
  app: FastifyInstance,
  { oidc, render, role, sessionMinutes, now }: SignInDeps
): void {
  app.get('/sign-in', { config: { for: 'anybody' } }, async (request, reply) => {
    const { url, attempt } = await oidc.begin()
    request.session.set('attempt', attempt)
    return reply.redirect(url, 303)
  })

  app.get('/sign-in/done', { config: { for: 'anybody' } }, async (request, reply) => {
    const attempt = request.session.get('attempt')
    request.session.set('attempt', undefined)
    const query = request.url.slice(request.url.indexOf('?'))
    const signedIn = attempt && (await oidc.finish(query, attempt).catch(() => undefined))
    if (!signedIn)
      return await render(reply.code(400), 'message.njk', {
        title: 'You are not signed in',
        text: 'What came back is not an answer to your last attempt. Start again.'
      })
    if (!signedIn.roles.includes(role)) {
      request.log.warn({ operator: signedIn.id }, 'somebody without the role came')
      return await render(reply.code(403), 'message.njk', {
        title: 'You may not come in',
        text: `Your account lacks the role ${role}. Ask whoever looks after accounts.`
      })
    }
    const { id, name } = signedIn
    request.session.regenerate()
    request.session.set('operator', { id, name, until: now() + sessionMinutes * 60_000 })
    request.log.info({ operator: id }, 'signed in')
    return reply.redirect('/partners', 303)
  })

  app.post('/sign-out', { config: { for: 'operators' } }, async (request, reply) => {
    request.session.delete()
    return reply.redirect(await oidc.leave(), 303)
  })
}
