/** The original's request paths: its login, the context of every request, and its logout. */

import { generateSessionId } from './manager.js';

const SESSION_MAX_AGE_SECONDS = 604800;

export class Application {
  constructor({ manager, now }) {
    this.manager = manager;
    this.now = now;
  }

  /**
   * Writes one ID into `users.session_id`, and another into Redis; only the second goes to the client.
   * Outside production the first is all there is, and the client's. It verifies no password that is published.
   */
  async logIn({ email, ip, userAgent, isProduction = true }) {
    const user = await this.manager.findByEmail(email);
    let finalSessionId = generateSessionId();
    const columnId = finalSessionId;
    const sessionMetadata = { ip: ip || '0.0.0.0', userAgent };

    await this.manager.update(user.id, { sessionId: finalSessionId, lastLoginAt: new Date(this.now()) });

    if (isProduction) {
      finalSessionId = await this.manager.createSession(user.id, sessionMetadata, SESSION_MAX_AGE_SECONDS);
    }
    const setCookie = `sessionId=${finalSessionId}; HttpOnly; Path=/; Max-Age=${SESSION_MAX_AGE_SECONDS}; SameSite=Lax`;
    return { setCookie, columnId };
  }

  /** Whose request this is, or null: for an outage, too. */
  async context({ cookies = {}, headers = {} }) {
    const sessionId = cookies.sessionId || headers.authorization?.replace('Bearer ', '');
    if (!sessionId) return null;
    try {
      return (await this.manager.findBySessionId(sessionId)) || null;
    } catch {
      return null;
    }
  }

  /** `handleSessionCleanup`, which leaves alone whatever it finds no user of. */
  async logOut({ sessionId }) {
    const user = await this.manager.findBySessionId(sessionId);
    if (!user) return null;
    await this.manager.update(user.id, { sessionId: undefined });
    await this.manager.deleteSession(sessionId);
    return null;
  }

  /** Which nothing of the original calls. */
  async extend({ sessionId, ttl }) {
    await this.manager.extendSession(sessionId, ttl);
    return null;
  }
}
