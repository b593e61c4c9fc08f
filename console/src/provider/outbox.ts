/**
 * What the provider has said and the centre has not yet answered. Kept on the phone until it is: a tunnel, an empty
 * battery or a closed page loses nothing. Every step may be sent again, so it is, until there is an answer.
 */
import { computed, reactive } from 'vue'

import { answer, api, Problem, type Schemas } from '@/kit/api'
import { now } from '@/kit/clock'

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
  id: number
  /** What it is about, for the one who reads it later: the request's number and item. */
  title: string
  /** The centre's time at which it was said. */
  at: number
  /** Why the centre refused it; it is not sent again. */
  refused?: string
}

const PAUSES_MS = [2_000, 4_000, 8_000, 15_000]

let place = ''
let sending = false
let failures = 0
let timer: ReturnType<typeof setTimeout> | undefined
let whenAnswered: () => void = () => {}

export const outbox = reactive({ steps: [] as Step[] })
export const unsent = computed(() => outbox.steps.filter((step) => !step.refused))
export const refused = computed(() => outbox.steps.filter((step) => step.refused))

/** Take up what this provider left unsent; `answered` is called after each answer of the centre. */
export function openOutbox(providerId: string, answered: () => void): void {
  place = `hotline.outbox.${providerId}`
  outbox.steps = JSON.parse(localStorage.getItem(place) ?? '[]') as Step[]
  whenAnswered = answered
  void send()
}

export function closeOutbox(): void {
  clearTimeout(timer)
  whenAnswered = () => {}
  place = ''
  outbox.steps = []
}

/** Say this to the centre, now or as soon as it can be reached. A later word on the same thing replaces an unsent one. */
export function say(action: Action, title: string): void {
  const replaced = (step: Step) => step.kind === action.kind && step.subject === action.subject
  const first = sending ? unsent.value[0] : undefined
  outbox.steps = outbox.steps.filter((step) => step === first || !replaced(step))
  outbox.steps.push({ ...action, title, at: now(), id: Math.max(0, ...outbox.steps.map(({ id }) => id)) + 1 })
  keep()
  void send()
}

/** The step of this subject that is still to be answered, if any. */
export function pending(subject: string): Step | undefined {
  return unsent.value.find((step) => step.subject === subject)
}

export function dismiss(step: Step): void {
  drop(step)
  keep()
}

/** Send what is unsent, in its order, until it is done or nobody answers. */
export async function send(): Promise<void> {
  if (sending || !place) return
  clearTimeout(timer)
  sending = true
  try {
    for (let step = unsent.value[0]; step && place; step = unsent.value[0]) {
      if (!(await deliver(step))) {
        timer = setTimeout(() => void send(), PAUSES_MS[Math.min(failures++, PAUSES_MS.length - 1)])
        return
      }
      failures = 0
    }
  } finally {
    sending = false
  }
}

async function deliver(step: Step): Promise<boolean> {
  try {
    await perform(step)
    drop(step)
  } catch (problem) {
    if (!(problem instanceof Problem)) throw problem
    if (problem.unanswered || problem.status === 401 || problem.status === 429) return false
    step.refused = problem.message
  }
  keep()
  whenAnswered()
  return true
}

function perform(step: Step): Promise<unknown> {
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

function drop(step: Step): void {
  outbox.steps = outbox.steps.filter(({ id }) => id !== step.id)
}

function keep(): void {
  if (place) localStorage.setItem(place, JSON.stringify(outbox.steps))
}

window.addEventListener('online', () => void send())
