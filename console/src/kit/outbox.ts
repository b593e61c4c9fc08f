/**
 * Steps that the centre has not answered yet. They are kept on this device, so a tunnel, an empty battery, a reload or
 * a closed page loses none. Every step is safe to repeat, so it is sent again until the centre answers. A refused step
 * stays until a person has seen why.
 */
import { computed, reactive, shallowReactive } from 'vue'

import { DUE, Problem } from './api'
import { now } from './clock'
import { session } from './session'

/** What a step says. The steps of one subject are sent in order. */
export interface Said {
  kind: string
  subject: string
}

export type Step<A extends Said> = A & {
  id: string
  /** What it is about, for whoever reads it later. */
  title: string
  /** When it was said, in the centre's time. */
  at: number
  /** Why the centre could not take it yet; it is sent again. */
  why?: string
  /** Why the centre refused it; it is not sent again. */
  refused?: string
}

/** The outcome of one attempt: an answer, a refusal, or null if nobody answered. */
export type Tried = { given: unknown } | { problem: Problem } | null

interface Post<A extends Said> {
  /** Send it to the centre. Throws Problem. */
  perform: (step: Step<A>) => Promise<unknown>
  /** Whether a later step replaces an unsent one. */
  replaces: (earlier: A, later: A) => boolean
  /** Codes of refusals that end by themselves; the step is sent again. */
  passing?: readonly string[]
}

const PAUSES_MS = [2_000, 4_000, 8_000, 15_000]
/** Refusals that say nothing about the step itself: signed out, too many at once, … */
const NOT_FINAL = [401, 408, 425, 429]

export function createOutbox<A extends Said>({ perform, replaces, passing = [] }: Post<A>) {
  let place = ''
  /** The step being sent. */
  let sending: string | undefined
  let failures = 0
  let timer: ReturnType<typeof setTimeout> | undefined
  let whenAnswered: (step: Step<A>, tried: Tried, awaited: boolean) => void = () => {}
  /** Callers that wait for the outcome of the first attempt, by step. */
  const waiting = shallowReactive(new Map<string, (tried: Tried) => void>())

  const outbox = reactive({
    steps: [] as Step<A>[],
    /** The device's storage is full: unsent steps are lost when the page is closed. */
    unkept: false,
  }) as { steps: Step<A>[]; unkept: boolean }
  const unsent = computed(() => outbox.steps.filter((step) => !step.refused))
  /** Steps still unsent after their first attempt. */
  const late = computed(() => unsent.value.filter(({ id }) => !waiting.has(id)))
  const refused = computed(() => outbox.steps.filter((step) => step.refused))

  /** Open this user's outbox and send what is left in it. `answered` runs after each answer from the centre;
   * `awaited` says whether the caller still waits for it. */
  function openOutbox(whose: string, answered: typeof whenAnswered): void {
    place = `hotline.outbox.${whose}`
    show(kept(place))
    whenAnswered = answered
    failures = 0
    void send()
  }

  function closeOutbox(): void {
    clearTimeout(timer)
    whenAnswered = () => {}
    place = ''
    show([])
  }

  /** Send this now, or as soon as the centre can be reached. Return the outcome of the first attempt. */
  function say(action: A, title: string, id = `${now()}-${Math.random()}`): Promise<Tried> {
    const replaced = (step: Step<A>) => !step.refused && step.id !== sending && replaces(step, action)
    const step = { ...action, title, at: now(), id }
    change(place, (steps) => [...steps.filter((one) => !replaced(one)), step])
    return again(id)
  }

  /** Try this step now. Return the outcome. */
  function again(id: string): Promise<Tried> {
    const tried = new Promise<Tried>((resolve) => waiting.set(id, resolve))
    void send()
    return tried
  }

  /** Return the subject's first unanswered step, if any. */
  function pending(subject: string): Step<A> | undefined {
    return unsent.value.find((step) => step.subject === subject)
  }

  /** Remove a step: a person has seen why it was refused, or takes it back. */
  function dismiss({ id }: { id: string }): void {
    change(place, (steps) => steps.filter((step) => step.id !== id))
  }

  /** Change the steps that are kept. */
  function amend(how: (step: Step<A>) => Step<A>): void {
    change(place, (steps) => steps.map(how))
  }

  /** Send the unsent steps, each subject's in order, until none is left or nobody answers. */
  async function send(): Promise<void> {
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
      for (const [id, resolve] of waiting) settle(id, resolve, null)
    }
    if (place && unsent.value.length)
      timer = setTimeout(() => void send(), PAUSES_MS[Math.min(failures++, PAUSES_MS.length - 1)])
  }

  function settle(id: string, resolve: ((tried: Tried) => void) | undefined, tried: Tried): void {
    waiting.delete(id)
    resolve?.(tried)
  }

  /** Send one step. `later`: the centre cannot take this step now, but perhaps others. */
  async function deliver(step: Step<A>, where: string): Promise<'done' | 'later' | 'nobody'> {
    const { id } = step
    const mark = (how: Partial<Step<A>>) =>
      change(where, (steps) => steps.map((one) => (one.id === id ? { ...one, why: undefined, ...how } : one)))
    let tried: Tried
    try {
      tried = { given: await perform(step) }
      change(where, (steps) => steps.filter((one) => one.id !== id))
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem
      const { code, status, message } = problem
      const held = passing.includes(code)
      const due = DUE.includes(code)
      // An answer without a code comes from a gateway in between, not from the centre.
      if (!code || status >= 500 || NOT_FINAL.includes(status) || due || held) {
        if (code) mark({ why: message } as Partial<Step<A>>)
        return held || status === 500 ? 'later' : 'nobody'
      }
      tried = { problem }
      mark({ refused: message } as Partial<Step<A>>)
    }
    if (where === place) whenAnswered(step, tried, waiting.has(id))
    settle(id, waiting.get(id), tried)
    return 'done'
  }

  function kept(where: string): Step<A>[] {
    return JSON.parse(localStorage.getItem(where) ?? '[]') as Step<A>[]
  }

  function show(steps: Step<A>[]): void {
    outbox.steps = steps
    session.unsent = unsent.value.map(({ title }) => title)
  }

  /** Change the stored steps, including those that another window has stored meanwhile. */
  function change(where: string, how: (steps: Step<A>[]) => Step<A>[]): void {
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
  return { outbox, unsent, late, refused, openOutbox, closeOutbox, say, again, pending, dismiss, amend, send }
}
