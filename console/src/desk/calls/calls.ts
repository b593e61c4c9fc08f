/** The calls at this desk: current, parked and ringing. The centre is told of each change. */
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
] as const satisfies readonly Schemas['ChosenOutcome'][]
export type Ended = (typeof OUTCOMES)[number]

export interface Ring {
  phone: string
  at: number
}

export const noCalls = () => ({ parked: [] as Call[], ringing: [] as Ring[] })
export const calls = reactive(noCalls())
/** What reached the centre late, after the operator had moved on, with the draft of a dispatch that was undone. */
export const arrived = shallowRef<readonly { id: string; title: string; draft?: Draft }[]>([])

/** Return whether the requests of the call say how it ended, and nothing more is typed. */
export function isSettled(one: Call): boolean {
  const sent = post.unsent.value.some(({ kind, subject }) => kind === 'request' && subject === one.id)
  return (one.requests.length > 0 || (sent && one.id !== '')) && !isTouched(one.draft) && !isHeld(one)
}

/** Return whether something is being sent, or is recorded and incomplete. */
const isHeld = (one: Call) => Boolean(one.sending || one.recording || one.recorded)

/** Return whether replacing this call would lose something or leave a caller on the line. */
export function isBusy(one: Call): boolean {
  return isHeld(one) || isTouched(one.draft) || (isInHand(one) && !(one.acted && isSettled(one)))
}

/** Return whether the current call must stay for now; if so, say why. */
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

/** Tell the centre of the current call, unless it knows of it. */
export function openCall(): void {
  if (call.id) return
  call.id = newUuid()
  call.began ||= now()
  tell(call, 'ongoing')
}

/** The phone rings: take the call unless the current one is busy. Return whether it was taken. */
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

/** Take the first ringing call. The current one is parked with all that was typed. Return whether one was taken. */
export function takeRinging(): boolean {
  const next = calls.ringing[0]
  if (!next || stays()) return false
  calls.ringing.shift()
  takeUp(next.phone)
  return true
}

/** Record a ringing call that nobody took before the caller hung up. */
export function missRinging(ringing: Ring): void {
  calls.ringing = calls.ringing.filter((one) => one !== ringing)
  tell({ ...noCall(ringing.phone), id: newUuid(), began: ringing.at }, 'ended', 'hung_up', now())
}

/** Make room: end the current call if it is clear how it ended, else park it. */
function setAside(): void {
  if (call.id && isSettled(call)) endCall(call, null, call.acted || now())
  else if (isBusy(call)) park()
  else beginCall()
}

/** Park the current call with what was typed. */
export function park(): void {
  if (stays()) return
  openCall()
  tell(call, 'parked')
  calls.parked.push(JSON.parse(JSON.stringify(call)))
  beginCall()
}

/** Resume a parked call; the current one makes room. */
export function takeBack(one: Call): void {
  if (stays()) return
  setAside()
  calls.parked = calls.parked.filter(({ id }) => id !== one.id)
  Object.assign(call, JSON.parse(JSON.stringify(one)))
  tell(call, 'ongoing')
}

/** End a call. Without an outcome, its requests say how it ended. */
export function endCall(one: Call, outcome: Ended | null, at = now()): void {
  if (one === call && stays()) return
  if (one === call) openCall()
  tell(one, 'ended', outcome, at)
  if (one === call) beginCall()
  else calls.parked = calls.parked.filter(({ id }) => id !== one.id)
}

/** Tie a request to the call: it was opened because somebody asks about it. */
export function touch(requestId: string, one: Call = call): void {
  if (!one.requests.includes(requestId)) one.requests.push(requestId)
  if (one.id) tell(one, one === call ? 'ongoing' : 'parked')
}

/** Bring an undone dispatch back as it was typed; what was typed since is parked. */
export function bringBack(draft: Draft, requestId: string): void {
  const same = call.requests.includes(requestId)
  call.requests = call.requests.filter((id) => id !== requestId)
  if (!same) setAside()
  else if (isTouched(call.draft)) park()
  Object.assign(call, { draft, acted: 0, began: call.began || now() })
}

/** Return the number of whoever is on the line: null if it is withheld, undefined if nobody is. */
export function rang(): string | null | undefined {
  if (!isInHand(call)) return undefined
  const number = [call.rang, call.draft.phone].map(barePhone).find((each) => PHONE.test(each))
  return number ?? null
}

/** Handle an answer from the centre, whether it came at once or late. */
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
    // A further line of the danger was relayed before the request had its id.
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

/** Bring back what the centre refused, or undid late, as it was typed; the current call makes room. */
export function mend({ id, draft }: { id: string; draft: Draft }): void {
  if (stays()) return
  post.dismiss({ id })
  arrived.value = arrived.value.filter((one) => one.id !== id)
  setAside()
  clearDraft()
  Object.assign(call, { draft, rang: draft.phone })
  tally.ring(0)
}

/** Return in one line what a letter is about. */
export const titleOf = (item: string, phone: string) => `${itemName(item)} ${phone}`.trim()
