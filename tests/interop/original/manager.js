/** The original's `ProductionUserManager`, as far as sessions go: `findBySessionId` is its published text. */

import { randomUUID } from 'node:crypto';

/** How session IDs are generated is not published; this is what such applications use. */
export const generateSessionId = () => randomUUID();

export class ProductionUserManager {
  constructor({ users, sessions, now }) {
    this.db = { users };
    this.sessions = sessions;
    this.now = now;
  }

  async findByEmail(email) {
    return (await this.db.users.findByEmail(email)) || undefined;
  }

  async update(id, updateData) {
    return this.db.users.update(id, updateData);
  }

  async findBySessionId(sessionId) {
    // Primary: Check Redis session storage
    const sessionData = await this.sessions.get(sessionId);

    if (sessionData && sessionData.expires_at > this.now()) {
      const user = await this.db.users.findById(sessionData.user_id);
      return user || undefined;
    }

    // Clean expired session from Redis
    if (sessionData) {
      await this.sessions.delete(sessionId);
    }

    // Fallback: Check PostgreSQL sessionId column (hybrid compatibility)
    try {
      const user = await this.db.users.findBySessionId?.(sessionId);
      return user || undefined;
    } catch {
      return undefined;
    }
  }

  async createSession(userId, metadata, ttl) {
    const sessionId = generateSessionId();
    const now = this.now();
    const data = {
      user_id: userId,
      created_at: now,
      expires_at: now + ttl * 1000,
      ip: metadata.ip,
      user_agent: metadata.userAgent,
    };
    await this.sessions.set(sessionId, data, ttl);
    return sessionId;
  }

  async deleteSession(sessionId) {
    await this.sessions.delete(sessionId);
  }

  async extendSession(sessionId, ttl) {
    await this.sessions.extend(sessionId, ttl);
  }
}
