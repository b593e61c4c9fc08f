/** The only module that calls the API. Its types come from our own OpenAPI document. */
import createClient from 'openapi-fetch'

import { idleSeconds } from './idle'
import { locale, t } from './locale'
import type { components, paths } from './schema'

export type Schemas = components['schemas']

const TIMEOUT_MS = 20_000

/** Why a call failed, in the reader's language. `code` is stable (RFC 9457); '' if the centre did not answer. */
export class Problem extends Error {
  constructor(
    message: string,
    readonly code = '',
    readonly status = 0,
    readonly facts: Record<string, unknown> = {},
  ) {
    super(message)
  }

  /** Whether it is unknown if the call took effect; it is then safe to send it again under its key. */
  get unanswered(): boolean {
    return this.status === 0 || this.status >= 502
  }
}

let whenSignedOut = () => {}

/** Set the hook that runs when the server no longer knows who we are. */
export function onSignedOut(hook: () => void): void {
  whenSignedOut = hook
}

let whenDue = () => {}

/** Set the hook that runs when the user may do less than before: something is due first, or the provider has left. */
export function onDue(hook: () => void): void {
  whenDue = hook
}

/** Codes of refusals that end once the user does what is due, or signs in as someone else. */
export const DUE = ['password_due', 'second_factor_due', 'former_provider']

export const api = createClient<paths>({
  baseUrl: location.origin,
  fetch: (request) => fetch(request, { signal: AbortSignal.any([request.signal, AbortSignal.timeout(TIMEOUT_MS)]) }),
})

api.use({
  onRequest({ request }) {
    request.headers.set('Accept-Language', locale())
    request.headers.set('Hotline-Idle', String(idleSeconds()))
    return request
  },
  async onResponse({ response }) {
    if (response.status === 401 && !response.url.includes('/sessions/browser')) whenSignedOut()
    if (response.status === 403 && DUE.includes((await response.clone().json()).code)) whenDue()
  },
})

/** Return a new Idempotency-Key. */
export function newKey(): string {
  return Array.from(crypto.getRandomValues(new Uint32Array(4)), (part) => part.toString(36)).join('-')
}

/** Return a random UUID. (crypto.randomUUID would need https.) */
export function newUuid(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  bytes[6] = (bytes[6]! & 0x0f) | 0x40
  bytes[8] = (bytes[8]! & 0x3f) | 0x80
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}

interface Answer<T> {
  data?: T
  error?: unknown
  response: Response
}

/** Return the data of a successful call. Throws Problem otherwise. */
export async function answer<T>(call: Promise<Answer<T>>): Promise<T> {
  let given: Answer<T>
  try {
    given = await call
  } catch (error) {
    const late = error instanceof DOMException && error.name === 'TimeoutError'
    throw new Problem(t(late ? 'problem.timeout' : 'problem.unreachable'))
  }
  if (given.response.ok) return given.data as T
  throw problemOf(given.error, given.response.status)
}

function problemOf(body: unknown, status: number): Problem {
  const { title, code, ...facts } = (typeof body === 'object' && body ? body : {}) as Record<string, unknown>
  return new Problem(String(title ?? t('problem.unknown', { status })), String(code ?? ''), status, facts)
}
