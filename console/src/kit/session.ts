/** Who is signed in. The session itself is a cookie that no script can read. */
import { reactive } from 'vue'

import { answer, api, onSignedOut, Problem, type Schemas } from './api'
import { setClock } from './clock'
import { startLive, stopLive } from './live'

export type Role = Schemas['Role']

export const session = reactive({
  me: null as Schemas['Whoami'] | null,
  /** Whether the server has been asked. */
  known: false,
  /** Signed out by the server while working, not by choice. */
  ended: false,
})

export function may(roles: readonly Role[]): boolean {
  return session.me?.roles.some((role) => roles.includes(role)) ?? false
}

/** Ask the server who we are. Throws a Problem when it can't be reached. */
export async function whoami(): Promise<void> {
  try {
    const me = await answer(api.GET('/api/v1/sessions/current'))
    setClock(me.clock)
    session.me = me
    session.ended = false
    startLive()
  } catch (problem) {
    if (!(problem instanceof Problem && problem.status === 401)) throw problem
    session.me = null
  }
  session.known = true
}

export async function signIn(body: Schemas['SignIn']): Promise<void> {
  await answer(api.POST('/api/v1/sessions/browser', { body }))
  await whoami()
}

export async function signInProvider(key: string): Promise<void> {
  await answer(api.POST('/api/v1/sessions/browser/provider', { body: { key } }))
  await whoami()
}

export async function signOut(): Promise<void> {
  await answer(api.DELETE('/api/v1/sessions/current'))
  forget()
}

function forget(): void {
  stopLive()
  session.me = null
}

onSignedOut(() => {
  session.ended = session.me !== null
  forget()
})
