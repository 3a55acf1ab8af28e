/**
 * The original's adapters: `RedisSessionAdapter` and `PostgreSQLUserAdapter`, over ioredis and pg.
 *
 * It never reads or writes the table `sessions`, and knows only its own columns of `users`.
 */

const COLUMNS = {
  email: 'email',
  hashedPassword: 'hashed_password',
  isVerified: 'is_verified',
  role: 'role',
  lastLoginAt: 'last_login_at',
  sessionId: 'session_id',
};

/** `session:{sessionId}` → the JSON of `SessionData`, with a lifetime in seconds. */
export class RedisSessionAdapter {
  constructor(redis) {
    this.redis = redis;
  }

  async get(sessionId) {
    const value = await this.redis.get(`session:${sessionId}`);
    return value === null ? null : JSON.parse(value);
  }

  async set(sessionId, data, ttl) {
    await this.redis.set(`session:${sessionId}`, JSON.stringify(data), 'EX', ttl);
  }

  async delete(sessionId) {
    await this.redis.del(`session:${sessionId}`);
  }

  /** Pushes the key's life alone: `expires_at` inside the JSON stays as it is. */
  async extend(sessionId, ttl) {
    await this.redis.expire(`session:${sessionId}`, ttl);
  }
}

/** Users, with the column that is the fallback of sessions. */
export class PostgreSQLUserAdapter {
  constructor(postgres, { undefinedClears }) {
    this.postgres = postgres;
    this.undefinedClears = undefinedClears;
  }

  async findByEmail(email) {
    return this.#one('SELECT * FROM users WHERE email = $1', [email]);
  }

  async findById(id) {
    return this.#one('SELECT * FROM users WHERE id = $1', [id]);
  }

  async findBySessionId(sessionId) {
    return this.#one('SELECT * FROM users WHERE session_id = $1 LIMIT 1', [sessionId]);
  }

  /** Prisma, which the original uses, leaves a field alone that is undefined; `undefinedClears` is the other reading. */
  async update(id, data) {
    const given = Object.entries(data).filter(([, value]) => value !== undefined || this.undefinedClears);
    if (given.length === 0) return this.findById(id);
    const assignments = given.map(([name], index) => `${COLUMNS[name]} = $${index + 2}`).join(', ');
    const values = given.map(([, value]) => value ?? null);
    return this.#one(`UPDATE users SET ${assignments} WHERE id = $1 RETURNING *`, [id, ...values]);
  }

  async #one(sql, values) {
    const { rows } = await this.postgres.query(sql, values);
    if (rows.length === 0) return null;
    const { id, email, role, is_verified: isVerified } = rows[0];
    return { id, email, role, isVerified };
  }
}
