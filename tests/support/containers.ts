export interface Container {
  readonly url: string
  readonly isPrivate: true
  stop(): Promise<unknown>
}

/**
 * A throw-away server in a container, for machines that have Docker and no binaries of ours. Imported only when it is
 * needed: the library is large.
 */
export async function openContainer(kind: 'postgres' | 'redis'): Promise<Container> {
  if (kind === 'postgres') {
    const { PostgreSqlContainer } = await import('@testcontainers/postgresql')
    const container = await new PostgreSqlContainer('postgres:18-alpine').start()
    return { url: container.getConnectionUri(), isPrivate: true, stop: () => container.stop() }
  }
  const { RedisContainer } = await import('@testcontainers/redis')
  const container = await new RedisContainer('redis:7-alpine').start()
  return { url: container.getConnectionUrl(), isPrivate: true, stop: () => container.stop() }
}
