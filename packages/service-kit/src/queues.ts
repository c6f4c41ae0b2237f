export { type Consumer, type ConsumerOptions, createConsumer, type RowHandler } from './consumer.ts'
export { createProducer, type Producer, type QueuedRow } from './producer.ts'
export { createRedis, findRedisFault, type RedisConnection } from './redis.ts'
