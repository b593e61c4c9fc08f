/**
 * What the provider has said and the centre has not yet answered. Kept on the phone until it is: a tunnel, an empty
 * battery or a closed page loses nothing. Every step may be sent again, so it is, until there is an answer. What the
 * centre refuses stays until a person has seen why.
 */
import { computed, reactive } from 'vue'

import { answer, api, Problem, type Schemas } from '@/kit/api'
import { now } from '@/kit/clock'
import { session } from '@/kit/session'

export type Action =
  | { kind: 'accept'; subject: string; body: Schemas['Acceptance'] }
  | { kind: 'decline'; subject: string; body: Schemas['Refusal'] }
  | { kind: 'start'; subject: string; body: Schemas['Start'] }
  | { kind: 'appointment'; subject: string; body: Schemas['Appointment'] }
  | { kind: 'extension'; subject: string; body: Schemas['ExtensionIn'] }
  | { kind: 'quote'; subject: string; body: Schemas['Quote'] }
  | { kind: 'complete'; subject: string; body: Schemas['Completion'] }
  | { kind: 'return'; subject: string; body: Schemas['JobReturn'] }
  | { kind: 'fail'; subject: string; body: { note: string } }
  | { kind: 'reply' | 'appeal'; subject: string; body: Schemas['Statement'] }
  | { kind: 'availability'; subject: 'self'; body: Schemas['Availability'] }

export type Step = Action & {
  id: string
  /** What it is about, for the one who reads it later: the request's number and item. */
  title: string
  /** The centre's time at which it was said. */
  at: number
  /** Why the centre could not take it yet; it is sent again. */
  why?: string
  /** Why the centre refused it; it is not sent again. */
  refused?: string
}

const PAUSES_MS = [2_000, 4_000, 8_000, 15_000]
/** Refusals that say nothing about the step itself: signed out, too many at once, … */
const NOT_FINAL = [401, 403, 408, 425, 429]

let place = ''
/** The step that is on its way. */
let sending: string | undefined
let failures = 0
let timer: ReturnType<typeof setTimeout> | undefined
let whenAnswered: () => void = () => {}

export const outbox = reactive({
  steps: [] as Step[],
  /** The phone has no room left: what is unsent is lost when the page is closed. */
  unkept: false,
})
export const unsent = computed(() => outbox.steps.filter((step) => !step.refused))
export const refused = computed(() => outbox.steps.filter((step) => step.refused))

/** Take up what this provider left unsent; `answered` is called after each answer of the centre. */
export function openOutbox(providerId: string, answered: () => void): void {
  place = `hotline.outbox.${providerId}`
  show(kept(place))
  whenAnswered = answered
  failures = 0
  void send()
}

export function closeOutbox(): void {
  clearTimeout(timer)
  whenAnswered = () => {}
  place = ''
  show([])
}

/** Say this to the centre, now or as soon as it can be reached. A later word on the same thing replaces an unsent one. */
export function say(action: Action, title: string): void {
  const replaced = (step: Step) =>
    !step.refused && step.id !== sending && step.kind === action.kind && step.subject === action.subject
  const step = { ...action, title, at: now(), id: `${now()}-${Math.random()}` }
  change(place, (steps) => [...steps.filter((step) => !replaced(step)), step])
  void send()
}

/** The step of this subject that is still to be answered, if any. */
export function pending(subject: string): Step | undefined {
  return unsent.value.find((step) => step.subject === subject)
}

/** A person has seen why it was refused, or takes it back. */
export function dismiss({ id }: Step): void {
  change(place, (steps) => steps.filter((step) => step.id !== id))
}

/** Send what is unsent, of each subject in its order, until it is done or nobody answers. */
export async function send(): Promise<void> {
  if (sending || !place) return
  clearTimeout(timer)
  const stuck = new Set<string>()
  const next = () => unsent.value.find(({ subject }) => !stuck.has(subject))
  try {
    for (let step = next(); step && place; step = next()) {
      sending = step.id
      const outcome = await deliver(step, place)
      if (outcome === 'nobody') break
      if (outcome === 'later') stuck.add(step.subject)
      else failures = 0
    }
  } finally {
    sending = undefined
  }
  if (place && unsent.value.length)
    timer = setTimeout(() => void send(), PAUSES_MS[Math.min(failures++, PAUSES_MS.length - 1)])
}

/** `later`: the centre cannot take this step now, others perhaps. */
async function deliver({ id, ...step }: Step, where: string): Promise<'done' | 'later' | 'nobody'> {
  const mark = (how: Partial<Step>) =>
    change(where, (steps) => steps.map((one) => (one.id === id ? ({ ...one, why: undefined, ...how } as Step) : one)))
  try {
    await perform(step as Action)
    change(where, (steps) => steps.filter((one) => one.id !== id))
  } catch (problem) {
    if (!(problem instanceof Problem)) throw problem
    const { code, status, message } = problem
    const held = code === 'request_on_hold'
    // Without a code it is no answer of the centre's: some gateway stands between.
    if (!code || status >= 500 || NOT_FINAL.includes(status) || held) {
      if (code) mark({ why: message })
      return held || status === 500 ? 'later' : 'nobody'
    }
    mark({ refused: message })
  }
  whenAnswered()
  return 'done'
}

function perform(step: Action): Promise<unknown> {
  const offer = { params: { path: { offer_id: step.subject } } }
  const job = { params: { path: { job_id: step.subject } } }
  const entry = { params: { path: { entry_id: step.subject } } }
  switch (step.kind) {
    case 'accept':
      return answer(api.PUT('/api/v1/provider/offers/{offer_id}/acceptance', { ...offer, body: step.body }))
    case 'decline':
      return answer(api.PUT('/api/v1/provider/offers/{offer_id}/refusal', { ...offer, body: step.body }))
    case 'start':
      return answer(api.PUT('/api/v1/provider/jobs/{job_id}/start', { ...job, body: step.body }))
    case 'appointment':
      return answer(api.PUT('/api/v1/provider/jobs/{job_id}/appointment', { ...job, body: step.body }))
    case 'extension':
      return answer(api.PUT('/api/v1/provider/jobs/{job_id}/extension', { ...job, body: step.body }))
    case 'quote':
      return answer(api.PUT('/api/v1/provider/jobs/{job_id}/quote', { ...job, body: step.body }))
    case 'complete':
      return answer(api.PUT('/api/v1/provider/jobs/{job_id}/completion', { ...job, body: step.body }))
    case 'return':
      return answer(api.PUT('/api/v1/provider/jobs/{job_id}/return', { ...job, body: step.body }))
    case 'fail':
      return answer(api.PUT('/api/v1/provider/jobs/{job_id}/failure', { ...job, body: step.body }))
    case 'reply':
      return answer(api.PUT('/api/v1/provider/credit/{entry_id}/reply', { ...entry, body: step.body }))
    case 'appeal':
      return answer(api.PUT('/api/v1/provider/credit/{entry_id}/appeal', { ...entry, body: step.body }))
    case 'availability':
      return answer(api.PATCH('/api/v1/provider/availability', { body: step.body }))
  }
}

function kept(where: string): Step[] {
  return JSON.parse(localStorage.getItem(where) ?? '[]') as Step[]
}

function show(steps: Step[]): void {
  outbox.steps = steps
  session.unsent = unsent.value.length
}

/** Change what is kept there, with what another window has kept meanwhile. */
function change(where: string, how: (steps: Step[]) => Step[]): void {
  const steps = how(outbox.unkept && where === place ? outbox.steps : kept(where))
  if (where === place) show(steps)
  try {
    localStorage.setItem(where, JSON.stringify(steps))
    outbox.unkept = false
  } catch {
    outbox.unkept = true
  }
}

window.addEventListener('online', () => void send())
window.addEventListener('storage', ({ key }) => {
  if (key && key === place) show(kept(place))
})
