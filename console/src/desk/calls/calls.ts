/** The calls at this desk: the one in hand, those that wait, those that ring; each is told to the centre as it goes. */
import { reactive, shallowRef } from 'vue'

import { newUuid, type Schemas } from '@/kit/api'
import { now } from '@/kit/clock'
import { t } from '@/kit/locale'
import type { Step, Tried } from '@/kit/outbox'

import {
  barePhone,
  beginCall,
  type Call,
  call,
  clearDraft,
  type Draft,
  isInHand,
  isTouched,
  leaving,
  noCall,
  PHONE,
  relaying,
  tally,
} from '../call/call'
import { refuse } from '../call/refusal'
import { itemName } from '../reference'
import { type Letter, post } from './post'

export const OUTCOMES = [
  'answered',
  'progress',
  'provider',
  'wrong_number',
  'silent',
  'hung_up',
  'prank',
] as const satisfies readonly Schemas['ToldOutcome'][]
export type Ended = (typeof OUTCOMES)[number]

export interface Ring {
  phone: string
  at: number
}

export const noCalls = () => ({ parked: [] as Call[], ringing: [] as Ring[] })
export const calls = reactive(noCalls())
/** What reached the centre late, while something else was in hand; what was typed of a dispatch that was taken back. */
export const arrived = shallowRef<readonly { id: string; title: string; draft?: Draft }[]>([])

/** Whether what was done in the call says how it ended, and nothing more is typed. */
export function isSettled(one: Call): boolean {
  const sent = post.unsent.value.some(({ kind, subject }) => kind === 'request' && subject === one.id)
  return (one.requests.length > 0 || (sent && one.id !== '')) && !isTouched(one.draft) && !isHeld(one)
}

/** Whether something is on its way, or recorded and not yet complete. */
const isHeld = (one: Call) => Boolean(one.sending || one.recording || one.recorded)

/** Whether something would be lost, or a caller left on the line, if another call took its place. */
export function isBusy(one: Call): boolean {
  return isHeld(one) || isTouched(one.draft) || (isInHand(one) && !(one.acted && isSettled(one)))
}

/** Whether the call in hand has to stay there for now; says why. */
function stays(): boolean {
  const still = leaving.value || relaying.value
  if (still) refuse(t('desk.calls.leaving'))
  return still
}

function tell(one: Call, status: Schemas['CallStatus'], outcome: Ended | null = null, endedAt = 0): void {
  const phone = barePhone((one.rang ||= one.draft.phone))
  const body = {
    phone: PHONE.test(phone) ? phone : null,
    external_id: null,
    began_at: new Date(one.began).toISOString(),
    status,
    ended_at: endedAt ? new Date(endedAt).toISOString() : null,
    outcome,
    request_ids: [...one.requests],
  }
  void post.say({ kind: 'call', subject: one.id, body }, t('desk.calls.record', { phone: body.phone ?? '—' }))
}

/** The call in hand is one for the centre too, from now on. */
export function openCall(): void {
  if (call.id) return
  call.id = newUuid()
  call.began ||= now()
  tell(call, 'ongoing')
}

/** The telephone rings: taken up at once, unless another call is in hand; gives whether it was. */
export function ring(phone: string): boolean {
  if (isBusy(call)) {
    if (!calls.ringing.some((one) => one.phone === phone)) calls.ringing.push({ phone, at: now() })
    return false
  }
  takeUp(phone)
  return true
}

function takeUp(phone: string): void {
  setAside()
  beginCall(phone)
  openCall()
}

/** Take the call that rings, the first of several; the one in hand waits with all that was typed. */
export function takeRinging(): boolean {
  const next = calls.ringing[0]
  if (!next || stays()) return false
  calls.ringing.shift()
  takeUp(next.phone)
  return true
}

/** Nobody took it before the caller was gone. */
export function missRinging(ringing: Ring): void {
  calls.ringing = calls.ringing.filter((one) => one !== ringing)
  tell({ ...noCall(ringing.phone), id: newUuid(), began: ringing.at }, 'ended', 'hung_up', now())
}

/** The call in hand makes room: ended if it is clear how, else it waits. */
function setAside(): void {
  if (call.id && isSettled(call)) endCall(call, null, call.acted || now())
  else if (isBusy(call)) park()
  else beginCall()
}

/** The caller waits; what was typed comes back with the call. */
export function park(): void {
  if (stays()) return
  openCall()
  tell(call, 'parked')
  calls.parked.push(JSON.parse(JSON.stringify(call)))
  beginCall()
}

/** Go on with a call that waits; the one in hand makes room. */
export function takeBack(one: Call): void {
  if (stays()) return
  setAside()
  calls.parked = calls.parked.filter(({ id }) => id !== one.id)
  Object.assign(call, JSON.parse(JSON.stringify(one)))
  tell(call, 'ongoing')
}

/** The call is over; without an outcome it follows from what was done in it. */
export function endCall(one: Call, outcome: Ended | null, at = now()): void {
  if (one === call && stays()) return
  if (one === call) openCall()
  tell(one, 'ended', outcome, at)
  if (one === call) beginCall()
  else calls.parked = calls.parked.filter(({ id }) => id !== one.id)
}

/** A request was opened in this call: somebody asks how it stands. */
export function touch(requestId: string, one: Call = call): void {
  if (!one.requests.includes(requestId)) one.requests.push(requestId)
  if (one.id) tell(one, one === call ? 'ongoing' : 'parked')
}

/** What was dispatched in a call and undone comes back as it was typed; what is typed meanwhile waits. */
export function bringBack(draft: Draft, requestId: string): void {
  const same = call.requests.includes(requestId)
  call.requests = call.requests.filter((id) => id !== requestId)
  if (!same) setAside()
  else if (isTouched(call.draft)) park()
  Object.assign(call, { draft, acted: 0, began: call.began || now() })
}

/** The number from which somebody is on the line now; null where it is not shown, undefined where nobody is. */
export function rang(): string | null | undefined {
  if (!isInHand(call)) return undefined
  const number = [call.rang, call.draft.phone].map(barePhone).find((each) => PHONE.test(each))
  return number ?? null
}

/** Take in what the centre answered, now or late. */
export function takeIn(step: Step<Letter>, tried: Tried, waitedFor: boolean): void {
  if (step.kind === 'call' || !tried) return
  const here = [call, ...calls.parked]
  if (step.kind === 'step') {
    if (!('given' in tried)) return
    const given = tried.given as Partial<Schemas['RequestOut']> | undefined
    const told = step.name === 'dangerRelay' && here.find(({ recorded }) => recorded?.id === given?.id)
    if (told) told.recorded!.lines = given?.danger_lines ?? []
    if (!waitedFor) arrived.value = [...arrived.value, { id: step.id, title: step.title, draft: step.draft }]
    return
  }
  const one = here.find((each) => each.id === step.subject)
  if (!('given' in tried)) {
    if (one?.recording === step.id) one.recording = ''
    return
  }
  const given = tried.given as Schemas['DispatchOut']
  const { id, number, danger_lines, version } = given.request
  post.amend((letter) => {
    if (letter.kind === 'call' && letter.subject === step.subject)
      return { ...letter, body: { ...letter.body, request_ids: [...(letter.body.request_ids ?? []), id] } }
    // A further line of its danger was told before the request had its id.
    if (letter.kind !== 'step' || letter.after !== step.id) return letter
    const init = { ...letter.told.init, params: { path: { request_id: id } } }
    return { ...letter, subject: id, number, told: { ...letter.told, init } }
  })
  const awaited = one && (one.sending === step.id || one.recording === step.id)
  if (one?.recording === step.id)
    Object.assign(one, { recording: '', recorded: { id, number, version, lines: danger_lines ?? [], body: step.body } })
  if (one) {
    one.acted = now()
    touch(id, one)
  }
  if (!awaited) arrived.value = [...arrived.value, { id, title: `${number} ${step.title}` }]
}

/** What the centre refused, or took back late, comes back onto the screen as it was typed; the call in hand makes room. */
export function mend({ id, draft }: { id: string; draft: Draft }): void {
  if (stays()) return
  post.dismiss({ id })
  arrived.value = arrived.value.filter((one) => one.id !== id)
  setAside()
  clearDraft()
  Object.assign(call, { draft, rang: draft.phone })
  tally.ring(0)
}

/** What a letter is about, in a line. */
export const titleOf = (item: string, phone: string) => `${itemName(item)} ${phone}`.trim()
