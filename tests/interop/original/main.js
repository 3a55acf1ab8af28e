/**
 * Runs the original application for a test: a line of JSON in is an operation, a line out its answer.
 *
 * In: {"do": "logIn" | "context" | "logOut" | "extend", "with": {...}, "now": epoch milliseconds}. Out: {"value"} or
 * {"error"}. The time is told with every line, as the tests tell it everywhere.
 * Environment: DATABASE_URL, REDIS_URL, and UNDEFINED_CLEARS=true for the other reading of its logout.
 */

import { createInterface } from 'node:readline';

import { Redis } from 'ioredis';
import pg from 'pg';

import { Application } from './application.js';
import { ProductionUserManager } from './manager.js';
import { PostgreSQLUserAdapter, RedisSessionAdapter } from './stores.js';

const OPERATIONS = ['logIn', 'context', 'logOut', 'extend'];

let told = 0;
const now = () => told;

const postgres = new pg.Pool({
  connectionString: process.env.DATABASE_URL,
  max: 10,
  connectionTimeoutMillis: 30000,
  application_name: 'original',
});
const redis = new Redis(process.env.REDIS_URL, { maxRetriesPerRequest: 3 });
// What a store does while nobody asks it is nobody's error; whoever asks is told.
postgres.on('error', () => {});
redis.on('error', () => {});

const manager = new ProductionUserManager({
  users: new PostgreSQLUserAdapter(postgres, { undefinedClears: process.env.UNDEFINED_CLEARS === 'true' }),
  sessions: new RedisSessionAdapter(redis),
  now,
});
const application = new Application({ manager, now });

async function answer(line) {
  const { do: operation, with: parameters, now: instant } = JSON.parse(line);
  if (!OPERATIONS.includes(operation)) return { error: `no such operation: ${operation}` };
  told = instant;
  try {
    return { value: (await application[operation](parameters)) ?? null };
  } catch (error) {
    return { error: String(error) };
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  process.stdout.write(`${JSON.stringify(await answer(line))}\n`);
}
redis.disconnect();
await postgres.end();
