import Type from 'typebox'

/** Settings that more than one service has, in the same words. */
export const databaseSettings = (connections: number) => ({
  DATABASE_URL: Type.String({ minLength: 1, description: 'PostgreSQL, with migrations applied' }),
  DATABASE_CONNECTIONS: Type.Integer({
    default: connections,
    minimum: 3,
    description: 'At most so many connections'
  })
})

export const queueSettings = {
  REDIS_URL: Type.String({ minLength: 1, description: 'Redis with maxmemory-policy noeviction' }),
  QUEUE_PREFIX: Type.String({
    default: '{chesil}', // keys of every queue share one slot of a Redis Cluster
    description: 'Before every key; a hash tag keeps a cluster happy'
  })
}

export const operationsSettings = {
  OPS_HOST: Type.String({ default: '127.0.0.1', description: 'Where health and metrics are served' }),
  OPS_PORT: Type.Integer({ default: 0, minimum: 0, maximum: 65_535, description: '0: any free port' }),
  LOG_LEVEL: Type.Enum(['debug', 'info', 'warn', 'error'], {
    default: 'info',
    description: 'Least level that is logged'
  })
}
