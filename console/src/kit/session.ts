/** Who is signed in. The session itself is a cookie that no script can read. */
import { reactive } from 'vue'

import { answer, api, onDue, onSignedOut, Problem, type Schemas } from './api'
import { setClock, now } from './clock'
import { forgetKept, recall, remember } from './kept'
import { startLive, stopLive } from './live'

export type Role = Schemas['Role']

const ME = 'me'

export const session = reactive({
  me: null as Schemas['Whoami'] | null,
  /** Whether the server has been asked. */
  known: false,
  /** Signed out by the server while working, not by choice. */
  ended: false,
  /** Titles of the user's steps that the centre does not have yet. */
  unsent: [] as string[],
})

export function may(roles: readonly Role[]): boolean {
  return session.me?.roles.some((role) => roles.includes(role)) ?? false
}

/** Find out who is signed in. If nobody answers, it is the last user of this device; if there was none, don't ask. */
export async function whoami(): Promise<void> {
  const last = recall<Schemas['Whoami']>(ME)
  try {
    if (last) await meet()
  } catch (problem) {
    if (!(problem instanceof Problem)) throw problem
    if (problem.unanswered) {
      session.me = last!.data
      startLive(0)
    } else if (problem.status !== 401) throw problem
  }
  session.known = true
}

/** Ask the server who is signed in now. Throws Problem. */
export async function meet(): Promise<void> {
  const me = await answer(api.GET('/api/v1/sessions/current'))
  setClock(me.clock)
  remember(ME, me)
  session.me = me
  session.ended = false
  if (!me.due && !me.roles.includes('former_provider')) startLive(now())
}

export async function signIn(body: Schemas['SignIn']): Promise<void> {
  forgetKept()
  await answer(api.POST('/api/v1/sessions/browser', { body }))
  await meet()
}

export async function signInProvider(key: string): Promise<void> {
  forgetKept()
  await answer(api.POST('/api/v1/sessions/browser/provider', { body: { key } }))
  await meet()
}

export async function signOut(): Promise<void> {
  await answer(api.DELETE('/api/v1/sessions/current'))
  forget()
}

function forget(): void {
  stopLive()
  forgetKept()
  session.me = null
}

onDue(() => void meet().catch(() => {}))
onSignedOut(() => {
  session.ended = session.me !== null
  forget()
})
